"""Pictures as SVG: no script, no font, nothing to load; colours come from the page's style."""
