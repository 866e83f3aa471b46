"""An organization on a running server: units, member accounts, control policies that come and go."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

from tests.support.clocks import SystemClock
from tests.support.house import Account, House, Keys

from watchword.core.ids import AccountId
from watchword.credentials.access_keys import ACCESS_KEY_PURPOSE, new_access_key, seal_secret
from watchword.credentials.sealing import Sealer
from watchword.directory.access_keys import AccessKey
from watchword.server.master_key import load_keyring

SCP, RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"
ACCESS_ROLE = "OrganizationAccountAccessRole"
_numbers = count(1)


def everyone(statement: dict[str, Any]) -> dict[str, Any]:
    """A statement for whoever calls, as resource control policies have it."""
    return {"Principal": "*", **statement}


def root_key(house: House, account: str) -> Keys:
    """A key of an account's root user, put in behind the server's back."""
    keyring = load_keyring(house.server.data_dir)
    pair = new_access_key(AccountId(account), os.urandom)
    record = AccessKey(
        id=pair.access_key_id,
        account=AccountId(account),
        owner_id=account,
        sealed_secret=seal_secret(Sealer(keyring, ACCESS_KEY_PURPOSE, os.urandom), pair),
        status="Active",
        created_at=SystemClock().now(),
    )
    house.change(lambda directory: directory.access_keys.add(record))
    return Keys(house.server.http, pair.access_key_id, pair.secret.reveal())


@dataclass
class Organized:
    """An organization and the account that manages it."""

    house: House
    management: Account
    id: str
    root_id: str

    @classmethod
    def make(cls, house: House, *types: str) -> Organized:
        """A new organization with a new management account, and these types of policy enabled."""
        management = house.account()
        client = management.administrator.client("organizations")
        made = client.create_organization()["Organization"]
        root_id = client.list_roots()["Roots"][0]["Id"]
        for each in types:
            client.enable_policy_type(RootId=root_id, PolicyType=each)
        return cls(house, management, made["Id"], root_id)

    @property
    def client(self) -> Any:
        """Organizations, as the administrator of the management account."""
        return self.management.administrator.client("organizations")

    def unit(self, parent: str | None = None) -> str:
        """A new unit under the root or another unit."""
        name = f"unit {next(_numbers)}"
        made = self.client.create_organizational_unit(ParentId=parent or self.root_id, Name=name)
        return made["OrganizationalUnit"]["Id"]

    def member(self, parent: str | None = None) -> Account:
        """A new account under the root or a unit. Its administrator is a session of the access role."""
        number = next(_numbers)
        asked = self.client.create_account(Email=f"member{number}@example.com", AccountName=f"member {number}")
        account = asked["CreateAccountStatus"]["AccountId"]
        if parent is not None:
            self.client.move_account(AccountId=account, SourceParentId=self.root_id, DestinationParentId=parent)
        inside = Account(account, self.management.administrator, root_key(self.house, account))
        return Account(account, inside.assume(ACCESS_ROLE), inside.root)

    def policy(self, document: str, kind: str = SCP) -> str:
        """A new control policy; gives back its id."""
        name = f"policy {next(_numbers)}"
        made = self.client.create_policy(Content=document, Description="", Name=name, Type=kind)
        return made["Policy"]["PolicySummary"]["Id"]

    @contextmanager
    def over(self, target: str, document: str, kind: str = SCP) -> Generator[str]:
        """A control policy that is attached while the block runs; gives its id."""
        policy_id = self.policy(document, kind)
        self.client.attach_policy(PolicyId=policy_id, TargetId=target)
        try:
            yield policy_id
        finally:
            self.client.detach_policy(PolicyId=policy_id, TargetId=target)
