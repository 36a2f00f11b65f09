# about: Tables, panels, a tree, markdown and wide characters, printed by rich.
# pypi: rich
from rich import box
from rich.columns import Columns
from rich.console import Console
from rich.markdown import Markdown
from rich.panel import Panel
from rich.syntax import Syntax
from rich.table import Table
from rich.tree import Tree

console = Console()
table = Table(title="Models", box=box.DOUBLE_EDGE)
for name in ("Model", "Parameters", "名前", "Notes"):
    table.add_column(name)
table.add_row("small", "12 M", "小さい", "[green]fits anywhere[/green] ✅")
table.add_row("large", "7 B", "大きい", "[red]needs 4 cards[/red] 🚀")
console.print(table)
console.print(Panel.fit("[b]café naïve[/b] e\u0301 👩‍🔬", title="combining"))
tree = Tree("checkpoints")
for step in (100, 200):
    tree.add(f"step-{step}").add("model.safetensors")
console.print(tree)
console.print(Columns([Panel(f"worker {number}", expand=True) for number in range(5)]))
console.print(Markdown("# Summary\n\n1. one\n2. two\n\n> quoted\n\n`code`"))
console.print(Syntax("def f(x):\n    return x + 1\n", "python", line_numbers=True))
console.rule("[bold]end")
console.print("a very long line that wraps " * 8)
