"""Measure on this machine."""

import typer

bench = typer.Typer(help="Measure this engine against others.", no_args_is_help=True)
