"""Pictures of a network: layout, drawing, and self-contained pages."""
