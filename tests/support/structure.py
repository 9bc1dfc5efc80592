"""Who may use whom: livelihood <- projects <- funding <- supervision, in Python and in templates."""

import ast
import re
from pathlib import Path

ORDER = ["livelihood", "projects", "funding", "supervision"]
# The site's addresses, timetable and settings name every app.
MAY_NAME_ALL = {"livelihood/urls.py", "livelihood/celery.py", "livelihood/settings.py"}
# Given a dotted path or a label, these reach an app as an import does.
REACHING_CALLS = {"import_module", "import_string", "get_model", "get_app_config", "ForeignKey", "OneToOneField"}
REACHING_CALLS |= {"ManyToManyField"}
TEMPLATE_USE = re.compile(r"""{%-?\s*(?:include|extends)\s+["']([^"']+)["']""")
TEMPLATE_LOAD = re.compile(r"{%-?\s*load\s+(.*?)-?%}", re.DOTALL)


def upward_uses(root: Path) -> list[str]:
    """Every place below `root` where an app uses one above it, as "file:line uses app"."""
    return [*_python_uses(root), *_template_uses(root)]


def _is_above(user: str, used: str) -> bool:
    return used in ORDER and ORDER.index(used) > ORDER.index(user)


def _python_uses(root: Path):
    for app in ORDER:
        for path in sorted((root / app).rglob("*.py")):
            name = path.relative_to(root).as_posix()
            if name in MAY_NAME_ALL:
                continue
            for line, used in _used_apps(ast.parse(path.read_text()), package=path.relative_to(root).parts[:-1]):
                if _is_above(app, used):
                    yield f"{name}:{line} uses {used}"


def _used_apps(tree: ast.AST, *, package: tuple[str, ...]):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name.split(".")[0]
        elif isinstance(node, ast.ImportFrom):
            if node.level == 0:
                yield node.lineno, node.module.split(".")[0]
            else:
                # `from ...projects import x` climbs out of the app.
                base = package[: len(package) - node.level + 1]
                full = (*base, *(node.module or "").split("."), node.names[0].name)
                yield node.lineno, next(part for part in full if part)
        elif isinstance(node, ast.Call) and _called(node) in REACHING_CALLS:
            for argument in (*node.args[:1], *(k.value for k in node.keywords if k.arg in ("to", "through"))):
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield node.lineno, argument.value.split(".")[0]


def _called(node: ast.Call) -> str:
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def _template_uses(root: Path):
    libraries = {path.stem: app for app in ORDER for path in (root / app).glob("templatetags/*.py")}
    folders = [root / "templates", *(root / app / "templates" for app in ORDER)]
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix not in (".html", ".txt", ".xml", ".svg"):
                continue
            app = _owner(path.relative_to(folder).as_posix())
            text = path.read_text()
            for match in TEMPLATE_USE.finditer(text):
                if _is_above(app, _owner(match[1])):
                    yield f"{path.relative_to(root)}:{_line(text, match)} uses {_owner(match[1])}"
            for match in TEMPLATE_LOAD.finditer(text):
                names = match[1].split(" from ")[-1].split()
                for used in {libraries.get(name, "") for name in names}:
                    if _is_above(app, used):
                        yield f"{path.relative_to(root)}:{_line(text, match)} uses {used}"


def _owner(template: str) -> str:
    """templates/<app>/… is the app's; what lies beside those folders is shared by all."""
    first = template.split("#")[0].split("/")[0]
    return first if first in ORDER else "livelihood"


def _line(text: str, match: re.Match) -> int:
    return text.count("\n", 0, match.start()) + 1
