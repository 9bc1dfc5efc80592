"""The words of the audit trail: what was done, and to what. The trail itself keeps the codes."""

from django.apps import apps

#: Every verb a service records; a test compares it with the source.
VERBS = {
    "add_evidence": "上传佐证",
    "activate_cross_rule": "启用勾稽关系",
    "add_fund_line": "增加资金线",
    "add_indicator": "增加指标",
    "add_milestone": "增加节点",
    "add_participant": "增加考核单位",
    "add_project": "增加项目",
    "add_sub_project": "增加子项",
    "answer_return": "说明退回的格",
    "approve_report": "审核通过月报",
    "change": "修改",
    "change_milestone": "修改节点",
    "change_own_password": "本人修改密码",
    "cancel_job": "取消后台任务",
    "close_period": "封账",
    "close_waits": "封账等待",
    "complete_dated_task": "登记任务完成",
    "confirm_lines": "牵头部门确认",
    "correct_import": "更正表格读法",
    "create": "新建",
    "create_cross_rule": "新建勾稽关系",
    "create_programme": "新建年度民生工程",
    "deactivate_cross_rule": "停用勾稽关系",
    "discard_upload": "放弃上传的表格",
    "leave_out_file": "选定上传文件的去留",
    "draft_document": "拟稿",
    "end_reopening": "结束重新开放",
    "export_audit_trail": "导出审计记录",
    "export_funds": "导出资金",
    "export_matrix": "导出项目进度表",
    "export_report": "导出月报",
    "export_standings": "导出排名与进度",
    "finish_job": "后台任务结束",
    "forget_import_mapping": "忘掉表格读法",
    "freeze_snapshot": "冻结快照",
    "import_return": "导入报表",
    "import_workbook": "导入工作簿",
    "issue_document": "印发公文",
    "issue_period": "填报期转为已通报",
    "load_catalogue": "装入年度民生工程",
    "load_demo": "装入演示数据",
    "open_period": "开设填报期",
    "open_report": "开始月报",
    "pass_cells": "逐格通过",
    "queue_job": "提交后台任务",
    "raise_objection": "牵头部门提异议",
    "receive_report": "代收月报",
    "record_figures": "保存填报数",
    "record_fund_figures": "保存资金月报数",
    "record_outage": "记录停机",
    "remind": "催报",
    "remove_evidence": "移除佐证",
    "remove_fund_line": "删去资金设定线",
    "remove_milestone": "删去节点",
    "reopen_period": "重新开放填报期",
    "return_report": "退回月报",
    "revise_plan": "修订资金计划",
    "revise_target": "调整目标任务",
    "revoke": "收回授权",
    "set_benchmarks": "录入全省平均",
    "set_cost_share": "设定分担比例",
    "set_exclusion": "设定不计入部分",
    "set_first_targets": "下达目标任务",
    "set_fund_line": "设定资金设定线",
    "set_password": "代设密码",
    "set_plan_checks": "录入计划核对数",
    "set_plans": "录入资金计划",
    "set_targets": "下达和修订目标任务",
    "settle_objection": "处理异议",
    "sign_bureau": "部门签字",
    "sign_report": "月报签字",
    "submit_report": "提交月报",
    "undo_dated_task": "撤回任务完成",
    "upload_returns": "上传报表",
    "withdraw_bureau": "撤回部门签字",
    "withdraw_objection": "撤回异议",
    "update_cross_rule": "修改勾稽关系",
    "withdraw_report": "撤回月报",
}


def target_name(label: str) -> str:
    """Return what the objects of a table are called, the table's name where there is none any more."""
    return _names().get(label, label)


def _names() -> dict[str, str]:
    return {model._meta.db_table: str(model._meta.verbose_name) for model in apps.get_models()}


def field_names(label: str) -> dict[str, str]:
    """Return what the columns of a table are called: column → word, none for those without a word of their own."""
    model = next((model for model in apps.get_models() if model._meta.db_table == label), None)
    return {field.name: str(field.verbose_name) for field in model._meta.fields} if model else {}
