"""How plans are printed and what exit code they mean, the same for every command that has one."""

from pathlib import Path

from reconciler.cli.output import emit
from reconciler.errors import ExitCode
from reconciler.plan.plan import Plan
from reconciler.reports.convert import plan_shape
from reconciler.reports.markdown import plan_markdown
from reconciler.reports.text import plan_text


def emit_plan(plan: Plan, format_: str, out: Path | None, *, definitions: bool = False) -> None:
    """Print a plan as text, JSON or Markdown; with `definitions`, what roles are in the targets' own languages too."""
    match format_:
        case "json":
            emit(plan_shape(plan, definitions=definitions).json_text(), out)
        case "markdown":
            emit(plan_markdown(plan, definitions=definitions), out)
        case _:
            emit(plan_text(plan, definitions=definitions), out)


def plan_exit_code(plan: Plan, *, detailed: bool) -> ExitCode:
    """3 when a guard stops something, 4 when something is held, 2 (when asked for) when there are differences."""
    return ExitCode.worst(
        ExitCode.REFUSED if plan.stopped else ExitCode.OK,
        ExitCode.HELD if plan.held else ExitCode.OK,
        ExitCode.DIFFERENT if plan.changes and detailed else ExitCode.OK,
    )
