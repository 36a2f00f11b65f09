# about: A traceback in rich's box, with local variables.
# pypi: rich
from rich.traceback import install

install(show_locals=True)


def divide(rows, by):
    return [row / by for row in rows]


def main():
    rows = list(range(5))
    print("dividing")
    divide(rows, 0)


main()
