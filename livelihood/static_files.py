"""Which files of a package are served: a package may bring forty megabytes of which pages use one file."""

from django.contrib.staticfiles.finders import FileSystemFinder

#: By the prefix of a package in STATICFILES_DIRS; a package that is not named is served whole.
USED = {"echarts": {"echarts.common.min.js"}}


class UsedFilesFinder(FileSystemFinder):
    """Collect of packages only what pages use."""

    def list(self, ignore_patterns):
        """Yield (path, storage) of what is collected."""
        for path, storage in super().list(ignore_patterns):
            used = USED.get(getattr(storage, "prefix", ""))
            if used is None or path in used:
                yield path, storage
