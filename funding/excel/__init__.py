"""Money in workbooks: what heads of columns mean, what cells say, which fund line an amount is of."""
