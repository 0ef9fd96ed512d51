CREATE TABLE calendar (
  id BIGSERIAL NOT NULL,
  planned_until VARCHAR NOT NULL,
  PRIMARY KEY (id)
)
-- next
CREATE TABLE certificate (
  number BIGSERIAL NOT NULL,
  document BYTEA NOT NULL,
  PRIMARY KEY (number)
)
-- next
CREATE TABLE correction (
  line_id VARCHAR NOT NULL,
  of_line VARCHAR NOT NULL,
  version BIGINT NOT NULL,
  state VARCHAR NOT NULL,
  quantity BYTEA NOT NULL,
  metered BYTEA NOT NULL,
  payment BYTEA,
  settlement_id VARCHAR NOT NULL,
  PRIMARY KEY (line_id)
)
-- next
CREATE INDEX correction_of_line ON correction (of_line, version)
-- next
CREATE TABLE counted_baseline (
  session_id VARCHAR NOT NULL,
  pod_id VARCHAR NOT NULL,
  document BYTEA NOT NULL,
  PRIMARY KEY (session_id, pod_id)
)
-- next
CREATE TABLE day_baseline (
  day_start BIGINT NOT NULL,
  pod_id VARCHAR NOT NULL,
  document BYTEA NOT NULL,
  PRIMARY KEY (day_start, pod_id)
)
-- next
CREATE TABLE dead_letter (
  party VARCHAR NOT NULL,
  topic VARCHAR NOT NULL,
  number BIGINT NOT NULL,
  answer VARCHAR NOT NULL,
  replayed BOOLEAN NOT NULL,
  PRIMARY KEY (party, topic, number)
)
-- next
CREATE TABLE dispute (
  id VARCHAR NOT NULL,
  pod_id VARCHAR NOT NULL,
  opened_by VARCHAR NOT NULL,
  aggregator_id VARCHAR NOT NULL,
  requester_id VARCHAR NOT NULL,
  customer_id VARCHAR,
  status VARCHAR NOT NULL,
  opened_at BIGINT NOT NULL,
  opening_hash VARCHAR NOT NULL,
  document BYTEA NOT NULL,
  PRIMARY KEY (id)
)
-- next
CREATE INDEX ix_dispute_pod_id ON dispute (pod_id)
-- next
CREATE TABLE grid_limits (
  session_id VARCHAR NOT NULL,
  player_id VARCHAR NOT NULL,
  revision BIGINT NOT NULL,
  content_hash VARCHAR NOT NULL,
  document BYTEA NOT NULL,
  PRIMARY KEY (session_id, player_id, revision)
)
-- next
CREATE TABLE line (
  line_id VARCHAR NOT NULL,
  outcome_id VARCHAR NOT NULL,
  pod VARCHAR NOT NULL,
  starts BIGINT NOT NULL,
  traded_at BIGINT NOT NULL,
  window_start BIGINT NOT NULL,
  window_end BIGINT NOT NULL,
  rank BIGINT NOT NULL,
  state VARCHAR NOT NULL,
  document BYTEA NOT NULL,
  quantity BYTEA,
  metered BYTEA,
  payment BYTEA,
  settlement_id VARCHAR,
  PRIMARY KEY (line_id)
)
-- next
CREATE INDEX line_window ON line (window_start)
-- next
CREATE INDEX line_spot ON line (pod, starts)
-- next
CREATE INDEX ix_line_outcome_id ON line (outcome_id)
-- next
CREATE INDEX line_due ON line (state, window_end)
-- next
CREATE TABLE moved_baseline (
  day_start BIGINT NOT NULL,
  pod_id VARCHAR NOT NULL,
  PRIMARY KEY (day_start, pod_id)
)
-- next
CREATE TABLE offered (
  session_id VARCHAR NOT NULL,
  pod_id VARCHAR NOT NULL,
  player_id VARCHAR NOT NULL,
  service_id VARCHAR NOT NULL,
  quarter_hours BYTEA NOT NULL,
  PRIMARY KEY (session_id, pod_id, player_id, service_id)
)
-- next
CREATE INDEX offered_by ON offered (player_id, service_id)
-- next
CREATE TABLE outbox (
  id BIGSERIAL NOT NULL,
  destination VARCHAR NOT NULL,
  body BYTEA NOT NULL,
  state VARCHAR NOT NULL,
  answer VARCHAR,
  PRIMARY KEY (id)
)
-- next
CREATE INDEX outbox_waiting ON outbox (state, id)
-- next
CREATE TABLE outcome (
  id VARCHAR NOT NULL,
  session_id VARCHAR NOT NULL,
  recording BYTEA NOT NULL,
  market BYTEA NOT NULL,
  technical BYTEA,
  validated BYTEA,
  PRIMARY KEY (id),
  UNIQUE (session_id)
)
-- next
CREATE TABLE outcome_part (
  outcome_id VARCHAR NOT NULL,
  number BIGINT NOT NULL,
  first BIGINT NOT NULL,
  last BIGINT NOT NULL,
  technical BYTEA,
  PRIMARY KEY (outcome_id, number)
)
-- next
CREATE TABLE payment (
  settlement_id VARCHAR NOT NULL,
  outcome_id VARCHAR NOT NULL,
  version BIGINT NOT NULL,
  window_start BIGINT NOT NULL,
  answered BOOLEAN NOT NULL,
  order_document BYTEA,
  metered_days BYTEA,
  PRIMARY KEY (settlement_id)
)
-- next
CREATE INDEX ix_payment_outcome_id ON payment (outcome_id)
-- next
CREATE TABLE pod (
  pod_id VARCHAR NOT NULL,
  pom VARCHAR,
  document BYTEA NOT NULL,
  PRIMARY KEY (pod_id)
)
-- next
CREATE INDEX ix_pod_pom ON pod (pom)
-- next
CREATE TABLE pod_before (
  number BIGSERIAL NOT NULL,
  pod_id VARCHAR NOT NULL,
  until BIGINT NOT NULL,
  document BYTEA,
  PRIMARY KEY (number)
)
-- next
CREATE INDEX pod_before_instant ON pod_before (pod_id, until)
-- next
CREATE TABLE qualification (
  id VARCHAR NOT NULL,
  player_id VARCHAR NOT NULL,
  state VARCHAR NOT NULL,
  content_hash VARCHAR NOT NULL,
  document BYTEA NOT NULL,
  PRIMARY KEY (id)
)
-- next
CREATE INDEX qualification_of ON qualification (player_id, id)
-- next
CREATE TABLE qualified_pod (
  pod_id VARCHAR NOT NULL,
  qualification_id VARCHAR NOT NULL,
  player_id VARCHAR NOT NULL,
  PRIMARY KEY (pod_id, qualification_id)
)
-- next
CREATE TABLE recheck (
  number BIGSERIAL NOT NULL,
  outcome_id VARCHAR NOT NULL,
  window_start BIGINT NOT NULL,
  PRIMARY KEY (number),
  UNIQUE (outcome_id, window_start)
)
-- next
CREATE TABLE service (
  player_id VARCHAR NOT NULL,
  service_id VARCHAR NOT NULL,
  revision BIGINT NOT NULL,
  session_id VARCHAR NOT NULL,
  kind VARCHAR NOT NULL,
  state VARCHAR NOT NULL,
  submitted_at BIGINT NOT NULL,
  ended_at BIGINT,
  content_hash VARCHAR NOT NULL,
  document BYTEA NOT NULL,
  PRIMARY KEY (player_id, service_id, revision)
)
-- next
CREATE INDEX service_session ON service (session_id, state)
-- next
CREATE TABLE session (
  id VARCHAR NOT NULL,
  market_type VARCHAR NOT NULL,
  starts BIGINT NOT NULL,
  ends BIGINT NOT NULL,
  gate_opens BIGINT NOT NULL,
  gate_closes BIGINT NOT NULL,
  status VARCHAR NOT NULL,
  outcome_id VARCHAR,
  used BOOLEAN NOT NULL,
  PRIMARY KEY (id)
)
-- next
CREATE INDEX ix_session_outcome_id ON session (outcome_id)
-- next
CREATE INDEX session_progress ON session (status, gate_closes)
-- next
CREATE INDEX session_start ON session (starts, market_type)
-- next
CREATE TABLE session_due (
  session_id VARCHAR NOT NULL,
  due BIGINT NOT NULL,
  PRIMARY KEY (session_id)
)
-- next
CREATE TABLE session_event (
  number BIGSERIAL NOT NULL,
  session_id VARCHAR NOT NULL,
  document BYTEA NOT NULL,
  PRIMARY KEY (number)
)
-- next
CREATE INDEX ix_session_event_session_id ON session_event (session_id)
-- next
CREATE TABLE session_pod (
  session_id VARCHAR NOT NULL,
  pod_id VARCHAR NOT NULL,
  aggregator_id VARCHAR NOT NULL,
  pom VARCHAR,
  PRIMARY KEY (session_id, pod_id)
)
-- next
CREATE TABLE session_since (
  session_id VARCHAR NOT NULL,
  since BIGINT NOT NULL,
  PRIMARY KEY (session_id)
)
-- next
CREATE TABLE settlement (
  settlement_id VARCHAR NOT NULL,
  outcome_id VARCHAR NOT NULL,
  place BIGINT NOT NULL,
  document BYTEA NOT NULL,
  PRIMARY KEY (settlement_id)
)
-- next
CREATE INDEX ix_settlement_outcome_id ON settlement (outcome_id)
-- next
CREATE TABLE settlement_input (
  settlement_id VARCHAR NOT NULL,
  document BYTEA NOT NULL,
  PRIMARY KEY (settlement_id)
)
-- next
CREATE TABLE topic_message (
  topic VARCHAR NOT NULL,
  number BIGINT NOT NULL,
  published_at BIGINT NOT NULL,
  content BYTEA NOT NULL,
  PRIMARY KEY (topic, number)
)
-- next
CREATE TABLE webhook (
  party VARCHAR NOT NULL,
  url VARCHAR NOT NULL,
  secret VARCHAR NOT NULL,
  failures BIGINT NOT NULL,
  answer VARCHAR NOT NULL,
  delivered_at BIGINT,
  PRIMARY KEY (party)
)
-- next
CREATE TABLE webhook_place (
  party VARCHAR NOT NULL,
  topic VARCHAR NOT NULL,
  number BIGINT NOT NULL,
  PRIMARY KEY (party, topic)
)
