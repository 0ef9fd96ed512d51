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
  number BIGINT NOT NULL,
  sequence BIGINT NOT NULL,
  received_us BIGINT NOT NULL,
  device INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  quality SMALLINT NOT NULL,
  certification_hash BYTEA NOT NULL,
  certification_id VARCHAR NOT NULL,
  meter_id VARCHAR,
  PRIMARY KEY (number)
)
 PARTITION BY RANGE (number)
-- next
INSERT INTO measurement_pod
SELECT ROW_NUMBER() OVER (ORDER BY pod_id), pod_id FROM measurement GROUP BY pod_id
-- next
INSERT INTO measurement_device
SELECT ROW_NUMBER() OVER (ORDER BY number, device), number, device
FROM measurement JOIN measurement_pod USING (pod_id) GROUP BY number, device
-- next
CREATE TABLE measurement_numbered AS
SELECT *,
  month * 4294967296 - 1 + DENSE_RANK() OVER (
    PARTITION BY month ORDER BY received_us, device_number, sequence, revision, quality,
      certification_hash, certification_id, meter_id
  ) AS message
FROM (
  SELECT measurement.*, place.number AS pod, measurement_device.number AS device_number,
    CAST((extract(year FROM to_timestamp(start_s) AT TIME ZONE 'UTC') - 1970) * 12
      + extract(month FROM to_timestamp(start_s) AT TIME ZONE 'UTC') - 1 AS BIGINT) AS month
  FROM measurement
  JOIN measurement_pod AS place ON place.pod_id = measurement.pod_id
  JOIN measurement_device ON pod = place.number AND address = device
) AS found
-- next
DROP TABLE measurement
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
 PARTITION BY RANGE (start_s)
-- next
CREATE INDEX measurement_in_time ON measurement (start_s)
-- next
DO $$
DECLARE each BIGINT; begins TIMESTAMP; name TEXT;
BEGIN
  FOR each IN SELECT DISTINCT month FROM measurement_numbered ORDER BY 1 LOOP
    begins := make_date(CAST(1970 + each / 12 AS INTEGER), CAST(1 + each % 12 AS INTEGER), 1);
    name := to_char(begins, 'YYYY_MM');
    EXECUTE format(
      'CREATE TABLE %I PARTITION OF measurement FOR VALUES FROM (%s) TO (%s)',
      'measurement_' || name,
      CAST(extract(epoch FROM begins) AS BIGINT),
      CAST(extract(epoch FROM begins + INTERVAL '1 month') AS BIGINT)
    );
    EXECUTE format(
      'CREATE TABLE %I PARTITION OF measurement_message FOR VALUES FROM (%s) TO (%s)',
      'measurement_message_' || name, each * 4294967296, (each + 1) * 4294967296
    );
  END LOOP;
END $$
-- next
INSERT INTO measurement_message
SELECT DISTINCT message, sequence, received_us, device_number, revision,
  CASE quality WHEN 'measured' THEN 0 WHEN 'estimated' THEN 1 ELSE 2 END,
  decode(certification_hash, 'hex'),
  CASE certification_id WHEN 'reading:' || device || ':' || sequence THEN ''
    ELSE certification_id END,
  meter_id
FROM measurement_numbered ORDER BY message
-- next
INSERT INTO measurement
SELECT start_s, energy_wh, message, pod, duration_minutes, version, is_superseded,
  reactive_energy_varh
FROM measurement_numbered ORDER BY pod, start_s, duration_minutes, version
-- next
DROP TABLE measurement_numbered
