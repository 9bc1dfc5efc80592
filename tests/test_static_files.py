"""What is served of packages: the files pages use, and no more."""

from django.conf import settings

from livelihood.static_files import USED, UsedFilesFinder


def test_only_the_used_file_of_the_charts_is_collected():
    collected = {path for path, storage in UsedFilesFinder().list([]) if getattr(storage, "prefix", "") == "echarts"}

    assert collected == USED["echarts"]
    assert settings.STATICFILES_FINDERS[0] == "livelihood.static_files.UsedFilesFinder"
