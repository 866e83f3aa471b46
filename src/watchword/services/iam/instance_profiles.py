"""Instance profiles: the container in which an instance receives its one role.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-ec2_instance-profiles.html
"""

from __future__ import annotations

import msgspec

from watchword.core.errors import AlreadyExists
from watchword.core.ids import RandomBytes, new_unique_id
from watchword.directory.directory import Directory
from watchword.directory.instance_profiles import InstanceProfile
from watchword.services.call import Call
from watchword.services.iam import quotas, shapes
from watchword.services.iam.errors import DeleteConflict, EntityAlreadyExists, NoSuchEntity
from watchword.services.iam.lookups import instance_profile_named, modifiable_role_named, role_named
from watchword.services.iam.roles import role_view
from watchword.services.iam.tagging import checked_tags, tag_views
from watchword.services.operation import operation


def instance_profile_view(profile: InstanceProfile, directory: Directory) -> shapes.InstanceProfile:
    """An instance profile as the API shows it, without its tags."""
    role = directory.roles.seek("id", profile.role_id) if profile.role_id else None
    roles = [role_view(role, directory, description=False, session_seconds=False, extras=False)] if role else []
    return shapes.InstanceProfile(
        path=profile.path,
        instance_profile_name=profile.name,
        instance_profile_id=profile.id,
        arn=profile.arn,
        create_date=profile.created_at,
        roles=roles,
    )


@operation("iam:CreateInstanceProfile", writes=True)
def create_instance_profile(
    call: Call[shapes.CreateInstanceProfileRequest], directory: Directory, random_bytes: RandomBytes
) -> shapes.CreateInstanceProfileResponse:
    """Create an instance profile. Raises EntityAlreadyExists, LimitExceeded, InvalidInput (tags)."""
    asked = call.request
    profile = InstanceProfile(
        account=call.account,
        name=asked.instance_profile_name,
        path=asked.path or "/",
        id=new_unique_id("AIPA", random_bytes),
        created_at=call.now,
        tags=checked_tags(asked.tags, fold=False),
    )
    quotas.INSTANCE_PROFILES.check(directory.instance_profiles.count(call.account))
    try:
        directory.instance_profiles.add(profile)
    except AlreadyExists:
        raise EntityAlreadyExists(f"Instance Profile {profile.name} already exists.") from None
    view = instance_profile_view(profile, directory)
    if profile.tags:
        view = msgspec.structs.replace(view, tags=tag_views(profile.tags))
    return shapes.CreateInstanceProfileResponse(instance_profile=view)


@operation("iam:GetInstanceProfile")
def get_instance_profile(
    call: Call[shapes.GetInstanceProfileRequest], directory: Directory
) -> shapes.GetInstanceProfileResponse:
    """Get an instance profile with its role and tags. Raises NoSuchEntity."""
    profile = instance_profile_named(directory, call.account, call.request.instance_profile_name)
    view = msgspec.structs.replace(instance_profile_view(profile, directory), tags=tag_views(profile.tags))
    return shapes.GetInstanceProfileResponse(instance_profile=view)


@operation("iam:ListInstanceProfiles")
def list_instance_profiles(
    call: Call[shapes.ListInstanceProfilesRequest], directory: Directory
) -> shapes.ListInstanceProfilesResponse:
    """List instance profiles by name, those under a path if asked."""
    prefix = call.request.path_prefix or "/"
    after = (call.account, call.after) if call.after is not None else None
    rows = (
        profile
        for profile in directory.instance_profiles.under(call.account, after=after)
        if profile.path.startswith(prefix)
    )
    page = call.paged(rows, lambda profile: profile.name.lower())
    return shapes.ListInstanceProfilesResponse(
        instance_profiles=[instance_profile_view(profile, directory) for profile in page.rows],
        is_truncated=page.is_truncated,
        marker=page.marker,
    )


@operation("iam:ListInstanceProfilesForRole")
def list_instance_profiles_for_role(
    call: Call[shapes.ListInstanceProfilesForRoleRequest], directory: Directory
) -> shapes.ListInstanceProfilesForRoleResponse:
    """List the instance profiles that hold a role. Raises NoSuchEntity."""
    role = role_named(directory, call.account, call.request.role_name)
    after = (call.account, call.after) if call.after is not None else None
    rows = directory.instance_profiles.where("role", call.account, role.id, after=after)
    page = call.paged(rows, lambda profile: profile.name.lower())
    return shapes.ListInstanceProfilesForRoleResponse(
        instance_profiles=[instance_profile_view(profile, directory) for profile in page.rows],
        is_truncated=page.is_truncated,
        marker=page.marker,
    )


@operation("iam:DeleteInstanceProfile", writes=True)
def delete_instance_profile(call: Call[shapes.DeleteInstanceProfileRequest], directory: Directory) -> None:
    """Delete an instance profile that holds no role. Raises NoSuchEntity, DeleteConflict."""
    profile = instance_profile_named(directory, call.account, call.request.instance_profile_name)
    if profile.role_id is not None:
        raise DeleteConflict("Cannot delete entity, must remove roles from instance profile first.")
    directory.instance_profiles.remove(profile)


@operation("iam:AddRoleToInstanceProfile", writes=True)
def add_role_to_instance_profile(call: Call[shapes.AddRoleToInstanceProfileRequest], directory: Directory) -> None:
    """Put the one role into an instance profile. Raises NoSuchEntity, LimitExceeded, UnmodifiableEntity."""
    profile = instance_profile_named(directory, call.account, call.request.instance_profile_name)
    role = modifiable_role_named(directory, call.account, call.request.role_name)
    quotas.ROLES_PER_INSTANCE_PROFILE.check(0 if profile.role_id is None else 1)
    directory.instance_profiles.replace(msgspec.structs.replace(profile, role_id=role.id))


@operation("iam:RemoveRoleFromInstanceProfile", writes=True)
def remove_role_from_instance_profile(
    call: Call[shapes.RemoveRoleFromInstanceProfileRequest], directory: Directory
) -> None:
    """Take the role out of an instance profile. Raises NoSuchEntity, UnmodifiableEntity."""
    profile = instance_profile_named(directory, call.account, call.request.instance_profile_name)
    role = modifiable_role_named(directory, call.account, call.request.role_name)
    if profile.role_id != role.id:
        raise NoSuchEntity(f"Role {role.name} in Instance Profile {profile.name} cannot be found.")
    directory.instance_profiles.replace(msgspec.structs.replace(profile, role_id=None))
