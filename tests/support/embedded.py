"""What tests of the embedded servers look at."""

from livelihood import embedded_host


def is_stopped(servers):
    return not (embedded_host.processes_in(servers.data) or embedded_host.processes_in(servers.valkey_dir))


def postmaster(servers):
    return int((servers.data / "postmaster.pid").read_text().split("\n")[0])
