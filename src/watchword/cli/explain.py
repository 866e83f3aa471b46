"""`watchword explain`: why a request was, or would be, allowed or denied."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from watchword.cli.options import data_option, json_option, store_option
from watchword.core.errors import OperatorError

if TYPE_CHECKING:
    from watchword.gateway.recorded import Recorded
    from watchword.policy.explain import Explanation

RECENT_COUNT = 20
CHECKS_SHOWN = 5


@click.command()
@data_option
@click.option("--request-id", metavar="ID", help="A request that happened, as its answer named it.")
@click.option("--principal", metavar="ARN", help="Who would ask: a user, role, role session, root, or `anonymous`.")
@click.option("--action", metavar="ACTION", help="What for, such as s3:GetObject.")
@click.option("--resource", metavar="ARN", help="On what; `*` for actions without resources.")
@click.option(
    "--context",
    "context",
    multiple=True,
    metavar="KEY=VALUE",
    help="A condition key of the request; repeat it for more keys, or for more values of one.",
)
@click.option("--region", default="us-east-1", show_default=True, metavar="REGION")
@click.option("--all", "show_all", is_flag=True, help="Show everything: unrelated statements, further ways.")
@json_option
@store_option
def explain(
    data_dir: Path,
    request_id: str | None,
    principal: str | None,
    action: str | None,
    resource: str | None,
    context: tuple[str, ...],
    region: str,
    show_all: bool,
    as_json: bool,
    store_url: str | None,
) -> None:
    """Say why a request is allowed or denied, statement by statement, and what would change that.

    \b
      watchword explain                                   the requests of the last minutes
      watchword explain --request-id ID                   one of them
      watchword explain --principal ARN --action s3:GetObject --resource arn:aws:s3:::bucket/key
    """  # noqa: D301 - click reads the backspace
    if request_id is not None:
        if principal or action or resource or context:
            raise click.UsageError("--request-id stands alone: the request has its own principal, action and resource")
        _explain_recorded(data_dir, request_id, show_all=show_all, as_json=as_json)
    elif principal is None and action is None and resource is None:
        _list_recent(data_dir, as_json=as_json)
    elif principal and action and resource:
        explanation = _supposed(data_dir, principal, action, resource, _pairs(context), region)
        if as_json:
            _print_json(explanation)
        else:
            from watchword.cli.explained import Page

            page = Page(show_all=show_all)
            page.explanation(explanation)
    else:
        raise click.UsageError("give --principal, --action and --resource together")


def _supposed(
    data_dir: Path, principal: str, action: str, resource: str, context: dict[str, list[str]], region: str
) -> Explanation:
    from watchword.server.explanations import supposed
    from watchword.server.system_clock import SystemClock

    return supposed(
        data_dir,
        principal=principal,
        action=action,
        resource=resource,
        context=context,
        region=region,
        now=SystemClock().now(),
    )


def _pairs(context: tuple[str, ...]) -> dict[str, list[str]]:
    pairs: dict[str, list[str]] = {}
    for each in context:
        key, equals, value = each.partition("=")
        if not equals or not key:
            raise click.UsageError(f"`{each}` is not KEY=VALUE")
        pairs.setdefault(key, []).append(value)
    return pairs


def _explain_recorded(data_dir: Path, request_id: str, *, show_all: bool, as_json: bool) -> None:
    from watchword.policy.decision import Outcome
    from watchword.policy.explain import explain as explain_request
    from watchword.server.explanations import recorded

    found = recorded(data_dir, request_id)
    if found is None:
        raise OperatorError(
            f"no request `{request_id}` among the recent ones: only the last are kept; `watchword explain` lists them"
        )
    checks = list(zip(found.line.checks, found.checks, strict=True))
    if not (show_all or as_json):
        # A request may have a thousand checks, one for each object: those that were refused come first.
        checks = sorted(checks, key=lambda check: check[0].outcome is Outcome.ALLOW)[:CHECKS_SHOWN]
    explanations = [explain_request(request, policies) for _, (request, policies) in checks]
    if as_json:
        _print_json(_recorded_json(found, explanations))
        return
    from watchword.cli.explained import Page

    page = Page(show_all=show_all)
    page.recorded(found, explanations)


def _recorded_json(found: Recorded, explanations: list[Explanation]) -> dict[str, Any]:
    return {"request": found.line, "caller": found.caller, "checks": explanations}


def _list_recent(data_dir: Path, *, as_json: bool) -> None:
    from watchword.server.explanations import latest

    lines = latest(data_dir, RECENT_COUNT)
    if as_json:
        _print_json(lines)
        return
    from watchword.cli.explained import Page

    Page(show_all=False).recent(lines)


def _print_json(value: Any) -> None:
    import msgspec

    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())
