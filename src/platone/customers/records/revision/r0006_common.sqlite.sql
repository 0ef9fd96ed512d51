ALTER TABLE measurement RENAME TO measurement_before
-- next
CREATE TABLE measurement_pod (
  number INTEGER NOT NULL,
  pod_id VARCHAR NOT NULL,
  PRIMARY KEY (number),
  UNIQUE (pod_id)
)
-- next
CREATE TABLE measurement_device (
  number INTEGER NOT NULL,
  pod INTEGER NOT NULL,
  address VARCHAR NOT NULL,
  PRIMARY KEY (number),
  UNIQUE (pod, address)
)
-- next
CREATE TABLE measurement_message (
  number INTEGER NOT NULL,
  sequence BIGINT NOT NULL,
  received_us BIGINT NOT NULL,
  device INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  quality SMALLINT NOT NULL,
  certification_hash BLOB NOT NULL,
  certification_id VARCHAR NOT NULL,
  meter_id VARCHAR,
  PRIMARY KEY (number)
)
-- next
CREATE TABLE measurement (
  start_s BIGINT NOT NULL,
  energy_wh BIGINT NOT NULL,
  message BIGINT NOT NULL,
  pod INTEGER NOT NULL,
  duration_minutes SMALLINT NOT NULL,
  version SMALLINT NOT NULL,
  is_superseded BOOLEAN NOT NULL,
  reactive_energy_varh BIGINT,
  PRIMARY KEY (pod, start_s, duration_minutes, version)
)
 WITHOUT ROWID
-- next
INSERT INTO measurement_pod
SELECT ROW_NUMBER() OVER (ORDER BY pod_id), pod_id FROM measurement_before GROUP BY pod_id
