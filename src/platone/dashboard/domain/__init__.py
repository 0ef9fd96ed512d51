"""The contents of pages, made of the contexts' answers: tables, reasons, pictures."""
