ALTER TABLE record ALTER COLUMN content TYPE BYTEA USING convert_to(content, 'UTF8')
