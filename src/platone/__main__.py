"""`python -m platone` is the command line."""

from platone.cli import main

main()
