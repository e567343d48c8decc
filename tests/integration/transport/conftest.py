"""Certificates, and servers that ask for TLS and a password, which those of the shared stack do not."""

from dataclasses import dataclass

import pytest

from tests.certificates import Authority, Pair


@dataclass(frozen=True)
class Certificates:
    """`server` is good for 127.0.0.1 and localhost; each of the others is wrong in one way only."""

    authority: Authority
    server: Pair
    expired: Pair
    of_another_host: Pair
    client: Pair
    # Nobody trusts it.
    stranger: Authority


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    folder = tmp_path_factory.mktemp("certificates")
    # Postgres runs as another user where root starts the tests.
    folder.chmod(0o755)
    authority = Authority(folder, "authority")
    return Certificates(
        authority=authority,
        server=authority.signed("server", "127.0.0.1", "localhost"),
        expired=authority.signed("expired", "127.0.0.1", "localhost", days=-1),
        of_another_host=authority.signed("other", "192.0.2.1", "shop.example"),
        client=authority.signed("vitrine"),
        stranger=Authority(folder, "stranger"),
    )
