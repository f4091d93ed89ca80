"""What programs print, one file a style: text in, records out."""
