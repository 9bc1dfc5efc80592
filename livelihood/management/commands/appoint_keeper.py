"""The first 系统管理员, 安全管理员 or 审计员 of a new site; later ones are granted by the security administrator."""

from django.core.management.base import BaseCommand, CommandError

from livelihood.models import RoleGrant
from livelihood.passwords import appoint_keeper
from livelihood.services import Refused


class Command(BaseCommand):
    """For whoever keeps the server; the temporary password is printed once and has to be changed at the first login."""

    help = "Open an account for the first system administrator, security administrator or auditor."

    def add_arguments(self, parser):
        parser.add_argument("role", choices=[role.value for role in RoleGrant.SEPARATED_ROLES])
        parser.add_argument("username")
        parser.add_argument("full_name")

    def handle(self, *, role, username, full_name, **options):
        try:
            password = appoint_keeper(role=role, username=username, full_name=full_name)
        except Refused as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"已开通{RoleGrant.Role(role).label}：{full_name}（{username}）。")
        self.stdout.write(f"临时密码：{password}（只显示这一次，首次登录必须更换）")
