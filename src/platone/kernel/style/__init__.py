"""The one style of all pages and pictures: colours with meanings, and the parts that they share."""
