"""Large made-up programmes (演示数据) for measurements."""
