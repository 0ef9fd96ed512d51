CREATE TABLE record_packed (
  id VARCHAR NOT NULL,
  tree_id INTEGER NOT NULL,
  position INTEGER NOT NULL,
  kind VARCHAR NOT NULL,
  owner VARCHAR NOT NULL,
  leaf BLOB NOT NULL,
  content BLOB,
  salt BLOB,
  created_at DATETIME NOT NULL,
  PRIMARY KEY (id, owner),
  FOREIGN KEY(tree_id) REFERENCES tree (id)
)
-- next
INSERT INTO record_packed
SELECT id, tree_id, position, kind, owner, leaf, CAST(content AS BLOB), salt, created_at
FROM record ORDER BY rowid
-- next
DROP TABLE record
-- next
ALTER TABLE record_packed RENAME TO record
-- next
CREATE UNIQUE INDEX record_place ON record (tree_id, position)
