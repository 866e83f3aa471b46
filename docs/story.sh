#!/usr/bin/env bash
# Who may do what, told with the AWS CLI: from the root user to a role's session, and everything that is refused on the way.
#
#   bash docs/story.sh
#
# Needs bash 4 and an AWS CLI (`make test` puts one into .venv; AWS_CLI=… names another).
# Runs a server of its own, on a free port, with a new data directory that is removed at the end. Your ~/.aws is not used.
# Every sentence below that starts with an error's name is what AWS says, word for word, and is compared with the answer.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PATH="$here/../.venv/bin:$PATH"
aws=${AWS_CLI:-aws}
for program in watchword "$aws"; do
    command -v "$program" >/dev/null || { echo "story.sh: \`$program\` is not installed" >&2; exit 2; }
done
work=$(mktemp -d)
server=
trap 'if [ -n "$server" ]; then kill "$server" && wait "$server" || :; fi; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
export HOME="$work" AWS_CONFIG_FILE="$work/config" AWS_SHARED_CREDENTIALS_FILE="$work/none" AWS_PAGER='' AWS_EC2_METADATA_DISABLED=true
unset AWS_PROFILE AWS_DEFAULT_PROFILE AWS_SESSION_TOKEN AWS_CA_BUNDLE

# -- How it is told: `as WHO COMMAND…` runs a command with somebody's keys; the rest compare what came of it.

declare -A keys
checks=0
chapter() { printf '\n== %s\n' "$*"; }
field() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }
shown() {
    local text="$*"
    text=${text//$aws/aws}
    text=${text//$here/docs}
    text=${text//$work\//}
    text=$(tr -s '[:space:]' ' ' <<<"$text")
    text=${text% }
    [ "${#text}" -le 150 ] || text="${text:0:150}…"
    printf '%s' "$text"
}
as() {
    local who=$1
    shift
    printf '%s$ %s\n' "$who" "$(shown "$@")" >&3
    # shellcheck disable=SC2086 # variables without spaces, one word each
    env -u AWS_ACCESS_KEY_ID ${keys[$who]} "$@"
}
# Remember keys that an answer made. The second word is the part of the answer that holds them.
take() {
    local who=$1 part=$2 id secret token
    shift 2
    read -r id secret token < <("$@" --output text --query "$part.[AccessKeyId, SecretAccessKey, SessionToken]")
    keys[$who]="AWS_ACCESS_KEY_ID=$id AWS_SECRET_ACCESS_KEY=$secret"
    [ "$token" = None ] || keys[$who]+=" AWS_SESSION_TOKEN=$token"
}
differs() {
    printf 'story.sh: expected: %s\n               got: %s\n' "$1" "$2" >&2
    exit 1
}
says() {
    local expected=$1 got
    shift
    got=$("$@")
    [ "$got" = "$expected" ] || differs "$expected" "$got"
    echo "  $got"
    checks=$((checks + 1))
}
refused() {
    local code=$1 sentence=$2 got
    shift 2
    if got=$("$@" 2>&1); then differs "$code" "$got"; fi
    got=${got%"${got##*[![:space:]]}"} # some sentences end with a space, which one of the CLIs leaves out
    case $got in
        *"($code) when calling the "*" operation: $sentence") echo "  $code: $sentence" ;;
        *) differs "$code: $sentence" "$got" ;;
    esac
    checks=$((checks + 1))
}
# Like `refused`, for requests that raw_request.py makes; the sentence is a pattern.
answers() {
    local pattern=$1 got
    shift
    got=$("$@")
    # shellcheck disable=SC2254 # a pattern is wanted
    case $got in
        $pattern) echo "  $got" ;;
        *) differs "$pattern" "$got" ;;
    esac
    checks=$((checks + 1))
}
exec 3>&1

chapter "A new account, served"
made=$(watchword init --data "$work/data" --account-id 111122223333 --root-access-key --json)
keys[root]="AWS_ACCESS_KEY_ID=$(field root_access_key_id <<<"$made") AWS_SECRET_ACCESS_KEY=$(field root_secret_access_key <<<"$made")"
exec {ready}< <(exec watchword serve --data "$work/data" --http 127.0.0.1:0 --json)
server=$!
read -r description <&"$ready" || { echo 'story.sh: the server did not start' >&2; exit 1; }
AWS_ENDPOINT_URL=$(field http <<<"$description")
export AWS_ENDPOINT_URL AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1
echo "  $AWS_ENDPOINT_URL"
who=("$aws" sts get-caller-identity --query Arn --output text)
says arn:aws:iam::111122223333:root as root "${who[@]}"

chapter "The root user makes an administrator, and is not needed again"
as root "$aws" iam create-user --user-name olivia >/dev/null
as root "$aws" iam attach-user-policy --user-name olivia --policy-arn arn:aws:iam::aws:policy/AdministratorAccess
take olivia AccessKey as root "$aws" iam create-access-key --user-name olivia
says arn:aws:iam::111122223333:user/olivia as olivia "${who[@]}"

chapter "The administrator makes a user, who can say who she is and nothing else"
as olivia "$aws" iam create-user --user-name maria >/dev/null
take maria AccessKey as olivia "$aws" iam create-access-key --user-name maria
says arn:aws:iam::111122223333:user/maria as maria "${who[@]}"
refused AccessDenied "User: arn:aws:iam::111122223333:user/maria is not authorized to perform: iam:ListUsers on resource: arn:aws:iam::111122223333:user/ because no identity-based policy allows the iam:ListUsers action" \
    as maria "$aws" iam list-users

chapter "A policy, given to a group: the very next request is allowed"
as olivia "$aws" iam create-group --group-name readers >/dev/null
as olivia "$aws" iam add-user-to-group --group-name readers --user-name maria
policy=$(as olivia "$aws" iam create-policy --policy-name look --query Policy.Arn --output text --policy-document '{
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": ["iam:List*", "sts:AssumeRole"], "Resource": "*"},
        {"Effect": "Deny", "Action": "iam:ListRoles", "Resource": "*"}]}')
as olivia "$aws" iam attach-group-policy --group-name readers --policy-arn "$policy"
says $'administrator\tmaria\tolivia' as maria "$aws" iam list-users --query 'sort(Users[].UserName)' --output text
refused AccessDenied "User: arn:aws:iam::111122223333:user/maria is not authorized to perform: iam:ListRoles on resource: arn:aws:iam::111122223333:role/ with an explicit deny in an identity-based policy" \
    as maria "$aws" iam list-roles

chapter "A role: whom it trusts, and what it may do"
as olivia "$aws" s3api create-bucket --bucket letters >/dev/null
as olivia "$aws" iam create-role --role-name clerk --assume-role-policy-document '{
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole"}]}' >/dev/null
as olivia "$aws" iam put-role-policy --role-name clerk --policy-name letters --policy-document '{
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::letters/*"}]}'
echo 'Dear reader' >"$work/letter"
refused AccessDenied 'User: arn:aws:iam::111122223333:user/maria is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::letters/first" because no identity-based policy allows the s3:PutObject action' \
    as maria "$aws" s3api put-object --bucket letters --key first --body "$work/letter"
take clerk Credentials as maria "$aws" sts assume-role --role-arn arn:aws:iam::111122223333:role/clerk --role-session-name maria
says arn:aws:sts::111122223333:assumed-role/clerk/maria as clerk "${who[@]}"
as clerk "$aws" s3api put-object --bucket letters --key first --body "$work/letter" >/dev/null
says 'Dear reader' as clerk "$aws" s3 cp s3://letters/first -
refused AccessDenied 'User: arn:aws:sts::111122223333:assumed-role/clerk/maria is not authorized to perform: s3:ListBucket on resource: "arn:aws:s3:::letters" because no identity-based policy allows the s3:ListBucket action' \
    as clerk "$aws" s3api list-objects-v2 --bucket letters

chapter "Lending: a federated user has what its maker and a session policy both allow"
as olivia "$aws" iam put-user-policy --user-name maria --policy-name lend --policy-document '{
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["sts:GetFederationToken", "s3:GetObject"], "Resource": "*"}]}'
take guest Credentials as maria "$aws" sts get-federation-token --name guest --policy '{
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}'
says arn:aws:sts::111122223333:federated-user/guest as guest "${who[@]}"
says 'Dear reader' as guest "$aws" s3 cp s3://letters/first -
refused AccessDenied 'User: arn:aws:sts::111122223333:federated-user/guest is not authorized to perform: s3:DeleteObject on resource: "arn:aws:s3:::letters/first" because no identity-based policy allows the s3:DeleteObject action' \
    as guest "$aws" s3api delete-object --bucket letters --key first

chapter "A second factor: the code counts once"
code() {
    python3 - "$1" "$2" <<'END'
import base64, hmac, sys, time
digest = hmac.digest(base64.b32decode(sys.argv[1]), (int(time.time()) // 30 + int(sys.argv[2])).to_bytes(8, "big"), "sha1")
start = digest[-1] & 15
print(f"{(int.from_bytes(digest[start : start + 4], 'big') & 0x7FFFFFFF) % 10**6:06}")
END
}
phone=$(as olivia "$aws" iam create-virtual-mfa-device --virtual-mfa-device-name maria --bootstrap-method Base32StringSeed --outfile "$work/seed" --query VirtualMFADevice.SerialNumber --output text)
seed=$(<"$work/seed")
as olivia "$aws" iam enable-mfa-device --user-name maria --serial-number "$phone" --authentication-code1 "$(code "$seed" -1)" --authentication-code2 "$(code "$seed" 0)"
once=$(code "$seed" 0)
take factor Credentials as maria "$aws" sts get-session-token --serial-number "$phone" --token-code "$once"
says arn:aws:iam::111122223333:user/maria as factor "${who[@]}"
refused AccessDenied "MultiFactorAuthentication failed with invalid MFA one time pass code." \
    as maria "$aws" sts get-session-token --serial-number "$phone" --token-code "$once"

chapter "Credentials that are not right"
maria=${keys[maria]}
mismatch="The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
keys[forger]="${maria%% *} AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
keys[nobody]="AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
keys[forgetful]=${keys[clerk]% *}
echo "a wrong secret:"
refused SignatureDoesNotMatch "$mismatch" as forger "${who[@]}"
echo "a key that nobody has:"
refused InvalidClientTokenId "The security token included in the request is invalid." as nobody "${who[@]}"
echo "a session's key without the session's token:"
refused InvalidClientTokenId "The security token included in the request is invalid" as forgetful "${who[@]}"

chapter "Requests that are not right, made by hand"
raw=(python3 "$here/raw_request.py" "$AWS_ENDPOINT_URL")
answers "200 arn:aws:iam::111122223333:user/maria" as maria "${raw[@]}" as-it-should-be
echo "signed by a clock that is sixteen minutes slow:"
answers "403 SignatureDoesNotMatch Signature expired: *Z is now earlier than *Z (*Z - 15 min.)" as maria "${raw[@]}" stale
echo "a body that was changed after it was signed:"
answers "403 SignatureDoesNotMatch $mismatch" as maria "${raw[@]}" tampered
echo "no signature at all:"
answers "403 MissingAuthenticationToken Request is missing Authentication Token" as maria "${raw[@]}" unsigned

chapter "Taking it back"
as olivia "$aws" iam detach-group-policy --group-name readers --policy-arn "$policy"
refused AccessDenied "User: arn:aws:iam::111122223333:user/maria is not authorized to perform: iam:ListUsers on resource: arn:aws:iam::111122223333:user/ because no identity-based policy allows the iam:ListUsers action" \
    as maria "$aws" iam list-users
as olivia "$aws" iam delete-role-policy --role-name clerk --policy-name letters
refused AccessDenied 'User: arn:aws:sts::111122223333:assumed-role/clerk/maria is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::letters/first" because no identity-based policy allows the s3:GetObject action' \
    as clerk "$aws" s3api get-object --bucket letters --key first "$work/taken"

printf '\nAs told: %d answers were compared, and all are as AWS gives them.\n' "$checks"
