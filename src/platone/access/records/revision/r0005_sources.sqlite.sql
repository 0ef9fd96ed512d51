ALTER TABLE readings RENAME TO readings_before
-- next
CREATE TABLE reading_source (
  number INTEGER NOT NULL,
  pod_id VARCHAR NOT NULL,
  device VARCHAR NOT NULL,
  PRIMARY KEY (number),
  UNIQUE (pod_id, device)
)
-- next
CREATE TABLE readings (
  source INTEGER NOT NULL,
  hour INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  minute SMALLINT NOT NULL,
  duration_minutes SMALLINT NOT NULL,
  quality SMALLINT NOT NULL,
  energy_wh BIGINT NOT NULL,
  reactive_energy_varh BIGINT,
  sequence BIGINT NOT NULL,
  PRIMARY KEY (source, hour, minute, duration_minutes, quality, revision)
)
 WITHOUT ROWID
-- next
INSERT INTO reading_source
SELECT ROW_NUMBER() OVER (ORDER BY pod_id, device), pod_id, device
FROM readings_before GROUP BY pod_id, device
-- next
INSERT INTO readings
SELECT number, hour, revision, minute, duration_minutes,
  CASE quality WHEN 'measured' THEN 0 WHEN 'estimated' THEN 1 ELSE 2 END,
  energy_wh, reactive_energy_varh, sequence
FROM readings_before JOIN reading_source USING (pod_id, device)
-- next
DROP TABLE readings_before
