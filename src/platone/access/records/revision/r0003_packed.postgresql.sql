ALTER TABLE messages ALTER COLUMN envelope TYPE BYTEA USING convert_to(envelope, 'UTF8')
-- next
ALTER TABLE messages DROP COLUMN certification_id
