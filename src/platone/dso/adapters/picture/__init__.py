"""Pictures of networks as SVG, PNG and self-contained pages."""
