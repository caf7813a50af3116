"""The page of commands, from the help that the program itself prints."""

from __future__ import annotations

from recurra.cli.app import COMMANDS, app_of

INTRODUCTION = """# Commands

What `recurra COMMAND --help` prints, for every command, which all have the same
[exit codes](../check.md#exit-codes-of-all-commands).
"""


def commands_page() -> str:
    """The page as Markdown: a section for each command."""
    import typer

    program = typer.main.get_command(app_of(COMMANDS))
    parts = [INTRODUCTION]
    with typer.Context(program, info_name="recurra", terminal_width=100, max_content_width=100) as context:
        for name in COMMANDS:
            command = program.get_command(context, name)
            with typer.Context(command, info_name=name, parent=context) as own:
                parts.append(f"## recurra {name}\n\n```text\n{command.get_help(own).rstrip()}\n```\n")
    return "\n".join(parts)
