"""The help of all commands, as the program itself prints it."""

from __future__ import annotations

from recurra.cli.app import COMMANDS, app_of


def help_of_commands() -> str:
    """Markdown with a section for each command."""
    import typer

    program = typer.main.get_command(app_of(COMMANDS))
    parts = []
    # As many columns as a page has room for.
    wide = {**program.context_settings, "terminal_width": 86, "max_content_width": 86}
    with typer.Context(program, info_name="recurra", **wide) as context:
        for name in COMMANDS:
            command = program.get_command(context, name)
            with typer.Context(command, info_name=name, parent=context) as own:
                parts.append(f"## recurra {name}\n\n```text\n{command.get_help(own).rstrip()}\n```\n")
    return "\n".join(parts)
