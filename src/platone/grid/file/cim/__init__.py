"""CIM in and out: CGMES 2.4.15 and 3.0, and CPSM (IEC 61970-452/456); lxml is used only here."""
