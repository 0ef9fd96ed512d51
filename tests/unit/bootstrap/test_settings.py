from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from platone.infra.retention import KeptDays
from platone.messages.clearing import ClearingRules, Pricing, Product, Ties
from platone.settings import SettingInvalid, load_settings


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "platone.toml"
    file.write_text('port = 1\nmqtt_port = 1\nhost = "::1"\nclock = 2021-06-22T08:00:00+02:00\n')
    monkeypatch.setenv("PLATONE_PORT", "2")
    monkeypatch.setenv("PLATONE_MQTT_PORT", "2")
    settings = load_settings(file, port=3, speed=None)
    assert (settings.port, settings.mqtt_port, settings.host) == (3, 2, "::1")
    assert settings.clock == datetime(2021, 6, 22, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("colour = 1", "no setting named colour"),
        ("port = 70000", "ports are 0 to 65535"),
        ('port = "x"', "port = 'x'"),
        ("speed = -1", "speed is a number of at least 0"),
        ("speed = nan", "speed is a number of at least 0"),
        ("speed = inf", "speed is a number of at least 0"),
        ('clock = "2021-06-22T08:00:00"', "no time zone"),
        ('zone = "Mars"', "no such zone"),
        ('public_url = "http://market.example"', "https://name:port"),
        ('public_url = "https://market.example/"', "https://name:port"),
        ('zone = "/etc"', "no such zone"),
        ('mqtt = "hivemq"', "mqtt is embedded or mosquitto"),
        ('passkey_domain = "example"', "host of public_url"),
        ('public_url="https://my.example"\npasskey_domain = "y.example"', "host of public_url"),
        ('oidc_issuer = "http://login.example"', "https address"),
        ('oidc_issuer = "https://login.example"', "needs oidc_client_id"),
        (
            'oidc_issuer="https://a"\noidc_client_id="x"\noidc_secret_file="x"\noidc_audience="x"',
            "other than oidc_client_id",
        ),
        ("port =", "Invalid value"),
        ("[retention]\nreadings = 399", ">= 400"),
        ("[retention]\nsigned_messages = 29", ">= 30"),
        ("[retention]\ndeliveries = 0", ">= 1"),
        ("[retention]\ndeliveries = 36526", "<= 36525"),
        ("[retention]\npayments = 1", "payments"),
        ("retention = 30", "retention = 30"),
        ("payment_records_days = 3653\n[retention]\nreadings = 3652", "3653"),
        ('clearing = "{"', "clearing = '{'"),
        ('[clearing]\npricing = "asWished"', "asWished"),
        ("[clearing]\ncolour = 1", "colour"),
        ("[clearing]\nlinkedOrders = true", "leastCost"),
        ("[clearing.product]\nmostQuarterHours = 4", "leastCost"),
        (
            'clearing={method="leastCost", product={leastQuarterHours = 5, mostQuarterHours = 4}}',
            "leastQuarterHours is above",
        ),
        ('trusted_proxies = "*"', "trusted_proxies = '\\*'"),
        ('trusted_proxies = "192.0.2.1,proxy.example"', "proxy.example"),
        ('trusted_proxies = "192.0.2.1/24"', "host bits"),
        ('kafka = "kafka.example"', "kafka.example is no address of a broker"),
        ('kafka_name = "Upper"', "kafka_name is of small letters"),
        ('kafka_key = "key.pem"', "both, or neither"),
        ('trace_endpoint = "collector.example:4318"', "trace_endpoint is as http://"),
        ('trace_endpoint = "http://me:secret@collector.example"', "trace_endpoint is as http://"),
        ('databus = "kafka"', "kafka names no broker"),
        ('databus = "amqp"', "databus is mqtt or kafka"),
        ('databus_bridges = "raw/bal/# -> raw/bal/#"', "databus_bridges = 'raw"),
        ('databus_bridges_back = "processed/bal/# -> processed/bal/#"', "is for databus = kafka"),
        ('qualification = "yes"', "asked or notAsked"),
        ('[clearing]\nmethod = "leastCost"\nties = "proRata"', "meritOrder"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "platone.toml"
    file.write_text(text + "\n")
    with pytest.raises(SettingInvalid, match=says):
        load_settings(file)


def test_rules_of_clearing_are_a_table_or_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "platone.toml"
    file.write_text('[clearing]\npricing = "asBid"\n[clearing.product]\nleastVolumeW = 1000\n')
    expected = ClearingRules(pricing=Pricing.AS_BID, product=Product(least_volume_w=1000))
    assert load_settings(file).clearing == expected
    monkeypatch.setenv("PLATONE_CLEARING", '{"ties": "proRata"}')
    assert load_settings(file).clearing == ClearingRules(ties=Ties.PRO_RATA)
    assert load_settings().zone == "Europe/Rome"


def test_limits_of_retention_are_a_table_or_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "platone.toml"
    file.write_text("payment_records_days = 3653\n[retention]\nreadings = 3653\n")
    assert load_settings(file).retention == KeptDays(readings=3653)
    monkeypatch.setenv("PLATONE_RETENTION", '{"deliveries": 90}')
    assert load_settings().retention == KeptDays(deliveries=90)


def test_nothing_has_a_limit_by_default() -> None:
    assert load_settings().retention is None
    assert set(msgspec.structs.astuple(KeptDays())) == {None}


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingInvalid, match="absent"):
        load_settings(tmp_path / "absent.toml")
