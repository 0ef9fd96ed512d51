"""What pages show, made of what the contexts answer: tables, reasons, pictures."""
