"""Block Public Access of a whole account: it stands over what each bucket says for itself.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_PutPublicAccessBlock.html and its neighbours.
"""

from __future__ import annotations

from msgspec.structs import asdict, replace

from watchword.core.ids import AccountId
from watchword.directory.buckets import PublicAccessBlock, S3Account
from watchword.directory.directory import Directory
from watchword.services.call import Call
from watchword.services.operation import Answer, operation
from watchword.services.s3control import shapes
from watchword.services.s3control.errors import NoSuchPublicAccessBlockConfiguration


@operation("s3control:PutPublicAccessBlock", writes=True)
def put_public_access_block(call: Call[shapes.PutPublicAccessBlockRequest], directory: Directory) -> Answer[None]:
    """Say which ways to the public are shut for all buckets; what is not said is open."""
    asked = call.request.public_access_block_configuration
    block = PublicAccessBlock(
        block_public_acls=bool(asked.block_public_acls),
        ignore_public_acls=bool(asked.ignore_public_acls),
        block_public_policy=bool(asked.block_public_policy),
        restrict_public_buckets=bool(asked.restrict_public_buckets),
    )
    settings = directory.s3_accounts.get(call.request.account_id)
    if settings is None:
        directory.s3_accounts.add(S3Account(account=AccountId(call.request.account_id), public_access=block))
    else:
        directory.s3_accounts.replace(replace(settings, public_access=block))
    return Answer(None, 201)


@operation("s3control:GetPublicAccessBlock")
def get_public_access_block(
    call: Call[shapes.GetPublicAccessBlockRequest], directory: Directory
) -> shapes.GetPublicAccessBlockOutput:
    """Give what is shut. Raises NoSuchPublicAccessBlockConfiguration."""
    settings = directory.s3_accounts.get(call.request.account_id)
    if settings is None or settings.public_access is None:
        raise NoSuchPublicAccessBlockConfiguration("The public access block configuration was not found")
    block = settings.public_access
    return shapes.GetPublicAccessBlockOutput(
        public_access_block_configuration=shapes.PublicAccessBlockConfiguration(**asdict(block))
    )


@operation("s3control:DeletePublicAccessBlock", writes=True)
def delete_public_access_block(call: Call[shapes.DeletePublicAccessBlockRequest], directory: Directory) -> Answer[None]:
    """Leave it to each bucket."""
    settings = directory.s3_accounts.get(call.request.account_id)
    if settings is not None:
        directory.s3_accounts.replace(replace(settings, public_access=None))
    return Answer(None, 204)
