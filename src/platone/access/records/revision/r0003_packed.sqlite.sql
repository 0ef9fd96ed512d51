CREATE TABLE messages_packed (
  device VARCHAR NOT NULL,
  sequence BIGINT NOT NULL,
  message_hash VARCHAR NOT NULL,
  envelope BLOB NOT NULL,
  salt BLOB NOT NULL,
  received_at VARCHAR NOT NULL,
  is_certified BOOLEAN NOT NULL,
  PRIMARY KEY (device, sequence)
)
 WITHOUT ROWID
-- next
INSERT INTO messages_packed
SELECT device, sequence, message_hash, CAST(envelope AS BLOB), salt, received_at, is_certified
FROM messages ORDER BY device, sequence
-- next
DROP TABLE messages
-- next
ALTER TABLE messages_packed RENAME TO messages
-- next
CREATE INDEX messages_uncertified ON messages (received_at) WHERE NOT is_certified
