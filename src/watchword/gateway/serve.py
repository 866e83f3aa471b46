"""The way of every request, in reading order; each line is a file of this folder.

    identify → authenticate → authorize → dispatch → respond → audit

S3 requests are judged by their head, before a byte of the body is taken; the body is then verified as it arrives. All
other bodies are small: they are taken whole, their digest is verified with the signature, and only then are they read.
Reading operations are answered at once; writing operations leave a `Commit`, which waits for the disk.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec

from watchword.core.clock import Clock
from watchword.core.errors import BodyTooLarge, Lost, WatchwordError
from watchword.core.http import HttpResponse, RequestHead, Spooled
from watchword.core.ids import RequestIds
from watchword.directory.directory import Directory
from watchword.directory.ports import Store
from watchword.gateway.audit import AuditLog
from watchword.gateway.authenticate import ANONYMOUS, Gate, require
from watchword.gateway.authorize import Asked, Authorizer, service_rules
from watchword.gateway.cross_origin import preflight, readable
from watchword.gateway.decisions import Decisions
from watchword.gateway.dispatch import Dispatcher, Output, Writing
from watchword.gateway.events import Told
from watchword.gateway.exchange import (
    FRAMES_BYTES_MAX,
    OBJECT_BYTES_MAX,
    Commit,
    Exchange,
    bucket_region,
    bytes_of,
    has_body,
    s3_body_bytes_max,
)
from watchword.gateway.identify import identify
from watchword.gateway.last_used import LastUsed
from watchword.gateway.paging import Markers
from watchword.gateway.presigned import with_query_headers
from watchword.gateway.records import CachedTransaction, RecordCache
from watchword.gateway.respond import as_api_error, ids_for, not_built, not_served, render, render_error, unavailable
from watchword.gateway.selectors import read_resource, refuse_method
from watchword.gateway.strays import parameters_in, refuse_bare_keys, told_instead
from watchword.gateway.surroundings import Surroundings, VpcEndpoint
from watchword.signing.claims import Form
from watchword.signing.errors import Dialect, SignatureError
from watchword.signing.payload import payload_reader
from watchword.signing.post_policies import SizeRange, check_post_policy

if TYPE_CHECKING:
    from watchword.gateway.key_desk import KeyDesk
    from watchword.gateway.upload_forms import Upload
    from watchword.signing.multipart import Form as UploadForm


@dataclass(frozen=True, slots=True)
class Gateway:
    """Everything behind the HTTP front. Nothing here raises at its caller."""

    store: Store
    clock: Clock
    request_ids: RequestIds
    region: str
    """Where requests go that name no region."""
    records: RecordCache
    gate: Gate
    authorizer: Authorizer
    dispatcher: Dispatcher
    markers: Markers
    audit_log: AuditLog[Told]
    last_used: LastUsed
    decisions: Decisions | None = None
    """What is kept of recent decisions, for `watchword explain`."""
    chores: Sequence[Callable[[], None]] = ()
    """What else is done in the background, a moment at a time; none of it raises."""
    endpoints: Mapping[str, VpcEndpoint] = field(default_factory=dict[str, VpcEndpoint])
    """The VPC endpoints that listeners stand for, by id."""
    key_desk: KeyDesk | None = None
    """Gives derived keys to front nodes."""
    hand_on: Callable[[RequestHead, bytes], HttpResponse] | None = None
    """On a node without the master key: has requests served elsewhere that need it."""

    def begin(self, head: RequestHead, attempts: int = 3) -> Exchange:
        """Decide what the head alone can decide. S3 requests that read and have no body are answered here."""
        target = identify(head, self.region)
        exchange = Exchange(head, self.clock.now(), self.request_ids.new(), target)
        if target.service.dialect is Dialect.S3:
            try:
                if head.method == "OPTIONS":
                    with self.records.read() as snapshot:
                        exchange.response = preflight(exchange, Directory(snapshot))
                else:
                    self._begin_s3(exchange)
            except Exception as error:  # noqa: BLE001 - every error becomes an answer
                if isinstance(error, Lost) and attempts > 1 and self.records.has_moved_from(exchange.position):
                    # A record from memory may be older than the snapshot, in which its body is gone.
                    return self.begin(head, attempts - 1)
                exchange.response = self._fail(exchange, error)
        return exchange

    def finish(self, exchange: Exchange, body: Spooled) -> HttpResponse | Commit:
        """Run a request whose body has arrived whole; what waits for the disk is returned as a `Commit`."""
        try:
            if exchange.call is not None:
                exchange.call = msgspec.structs.replace(exchange.call, body=body)
                return self._run(exchange, None)
            data = bytes_of(body)
            exchange.position = self.store.refresh()
            if exchange.proof is None:
                self._authenticate(exchange, data)
            self._name_operation(exchange, parameters_in(exchange.target.service, exchange.head, data))
            if self.hand_on is not None and exchange.entry is not None and exchange.entry.operation.needs_master_key:
                return partial(self._handed_on, exchange, data)
            with self.records.read() as snapshot:
                directory = Directory(snapshot)
                self._authorize(exchange, data, directory)
                return self._run(exchange, directory)
        except Exception as error:  # noqa: BLE001 - every error becomes an answer
            return self._fail(exchange, error)

    def commit_all(self, exchanges: Sequence[Exchange]) -> list[HttpResponse]:
        """Run what `finish` left, each in a transaction of its own; answers, in order, when all are on disk."""
        prepared = [self._prepare(exchange) for exchange in exchanges]
        outputs = iter(self.dispatcher.write_all([each for each in prepared if isinstance(each, Writing)]))
        answers = [
            self._written(exchange, next(outputs)) if isinstance(each, Writing) else each
            for exchange, each in zip(exchanges, prepared, strict=True)
        ]
        self.audit_log.flush()
        return answers

    def _handed_on(self, exchange: Exchange, data: bytes) -> HttpResponse:
        """The answer of the node that holds the keys, which verifies, decides and writes the audit event itself."""
        assert self.hand_on is not None
        try:
            return self.hand_on(exchange.head, data)
        except Exception as error:  # noqa: BLE001 - every error becomes an answer
            return self._fail(exchange, error)

    def refuse(self, exchange: Exchange, error: WatchwordError) -> HttpResponse:
        """The answer when the body could not be taken."""
        return self._fail(exchange, error)

    def is_ready(self) -> bool:
        """True when requests can be served."""
        try:
            self.store.refresh()
        except WatchwordError:
            return False
        return self.audit_log.is_writable

    def tick(self) -> None:
        """Do what is due in the background. Call it every few seconds, off the requests' path."""
        self.last_used.write_due(self.clock.now())
        for chore in self.chores:
            chore()

    def close(self) -> None:
        """Write what is held and let go of the store; the last call."""
        self.last_used.write(self.clock.now())
        self.audit_log.close()
        if self.decisions is not None:
            self.decisions.close()
        if self.key_desk is not None:
            self.key_desk.close()
        self.store.close()

    def _begin_s3(self, exchange: Exchange) -> None:
        head, target = exchange.head, exchange.target
        exchange.position = self.store.refresh()
        path, chosen = read_resource(head, target.bucket)
        if head.method == "POST" and not head.query_string and self._expect_form(exchange, path):
            return
        with self.records.read() as snapshot:
            directory = Directory(snapshot)
            own_region = bucket_region(directory, path)
            claim = self.gate.claim(head, target.rules(own_region), exchange.now)
            if claim is not None and not claim.scope.region and own_region is not None:
                # The signature names no region, so the bucket's own serves it, unless the host names another.
                exchange.target = target.in_region(own_region)
            exchange.proof = ANONYMOUS if claim is None else self.gate.prove(claim, None, exchange.now)
            self._note(exchange)
            refuse_method(head, path, chosen)
            self._name_operation(exchange, b"", path)
            entry, key = exchange.entry, exchange.proof.key
            assert entry is not None
            if has_body(head, claim):
                exchange.reader = reader = payload_reader(
                    head, claim, key, sums_body=entry.codec.name != "CompleteMultipartUpload", is_object=entry.streams
                )
            else:
                exchange.body_bytes_max = 0
                if self.hand_on is not None and entry.operation.needs_master_key:
                    return
                if not entry.operation.writes:
                    self._authorize(exchange, b"", directory)
                    exchange.response = self._read(exchange, directory)
                return
            size_max = s3_body_bytes_max(streams=entry.streams, is_signed=claim is not None)
            if reader.declared_size > size_max:
                raise BodyTooLarge(size_max)
            exchange.body_bytes_max = size_max + FRAMES_BYTES_MAX if entry.streams else size_max
            if entry.streams:
                self._authorize(exchange, b"", directory)

    def _expect_form(self, exchange: Exchange, path: bytes) -> bool:
        """Make the reader of an upload form, which calls `_judge_form`; False when the request is none."""
        from watchword.gateway.upload_forms import PostUpload, form_boundary

        found = form_boundary(exchange.head, path)
        if found is None:
            return False
        bucket, boundary = found
        service = exchange.target.service
        exchange.operation_name = "PutObject"
        exchange.entry = service.entry(exchange.operation_name)
        exchange.body_bytes_max = OBJECT_BYTES_MAX + FRAMES_BYTES_MAX
        length = int(exchange.head.header(b"content-length") or 0)

        def judge(form: UploadForm) -> Upload:
            try:
                return self._judge_form(exchange, bucket, form)
            except Exception as error:
                raise as_api_error(error, service.dialect, exchange.request_id) from error

        exchange.reader = PostUpload(boundary, judge, length, OBJECT_BYTES_MAX)
        return True

    def _judge_form(self, exchange: Exchange, bucket: str, form: UploadForm) -> Upload:
        """Prove a form, hold it against its policy, and authorize the upload, all before its file. Raises."""
        from watchword.gateway.upload_forms import Upload
        from watchword.services.s3.post_form import policy_fields, put_head, upload_key

        exchange.position = self.store.refresh()
        target, key = exchange.target, upload_key(form)
        with self.records.read() as snapshot:
            directory = Directory(snapshot)
            own_region = bucket_region(directory, b"/" + bucket.encode())
            claim = self.gate.form_claim(form.fields, target.rules(own_region), exchange.now)
            if own_region is not None:
                exchange.target = target.in_region(own_region)
            exchange.proof = ANONYMOUS if claim is None else self.gate.prove(claim, None, exchange.now)
            self._note(exchange)
            size = SizeRange()
            if claim is not None:
                size = check_post_policy(form.fields["policy"], policy_fields(form, bucket), exchange.now)
            exchange.labels = {"Bucket": bucket, "Key": key}
            path = f"/{key}" if target.bucket is not None else f"/{bucket}/{key}"
            exchange.upload = Upload(form, put_head(exchange.head, bucket, key, form), bucket, key, size, path)
            self._authorize(exchange, b"", directory)
        return exchange.upload

    def _authenticate(self, exchange: Exchange, body: bytes) -> None:
        try:
            claim = require(self.gate.claim(exchange.head, exchange.target.rules(), exchange.now))
            exchange.body_sha256 = sha256(body).hexdigest()
            exchange.proof = self.gate.prove(claim, exchange.body_sha256, exchange.now)
        except SignatureError as error:
            raise told_instead(error, exchange.target.service, exchange.head, body) from error
        self._note(exchange)

    def _note(self, exchange: Exchange) -> None:
        assert exchange.proof is not None
        self.last_used.note(exchange.proof.caller, exchange.target.service.name, exchange.target.region, exchange.now)

    def _name_operation(self, exchange: Exchange, body: bytes, path: bytes | None = None) -> None:
        """Find the operation. Raises ApiError when there is none, or none that is built."""
        if exchange.entry is not None:
            return
        service = exchange.target.service
        if not service.operations:
            raise not_served(service.name)
        match = service.protocol.match(exchange.head, body, path=path)
        name = exchange.target.named(match.operation.name)
        exchange.operation_name, exchange.labels = name, match.labels
        exchange.entry = service.entry(name)
        if exchange.entry is None:
            raise not_built(service.name, name)

    def _authorize(self, exchange: Exchange, body: bytes, directory: Directory) -> None:
        """Decode, validate, and decide. Raises ApiError."""
        proof, entry, target = exchange.proof, exchange.entry, exchange.target
        assert proof is not None
        assert entry is not None
        service = target.service
        head = exchange.head if exchange.upload is None else exchange.upload.head
        if proof.claim is not None and proof.claim.form is Form.QUERY and service.dialect is Dialect.S3:
            head = with_query_headers(head)
        if head.scheme != "https" and service.dialect is Dialect.S3:
            refuse_bare_keys(head)
        request = entry.codec.read(head, body, exchange.labels)
        if entry.requirement.is_always_allowed and (entry.operation.is_immediate or not entry.operation.waits(request)):
            exchange.call = self.authorizer.admit(
                entry.requirement, request, proof.caller, target.region, exchange.now, exchange.request_id
            )
            return
        rules = service_rules(service.name)
        around = Surroundings(
            head=exchange.head,
            claim=proof.claim,
            caller=proof.caller,
            region=target.region,
            now=exchange.now,
            request=request,
            requirement=entry.requirement,
            keys=rules.keys,
            prefixes=rules.prefixes,
            endpoint=self.endpoints[exchange.head.endpoint] if exchange.head.endpoint else None,
        )
        exchange.asked = Asked(around, service.dialect, rules, self.decisions.trail() if self.decisions else None)
        exchange.call = self.authorizer.authorize(
            exchange.asked,
            directory,
            request_id=exchange.request_id,
            page=None
            if entry.paginator is None
            else self.markers.page(proof.caller.account, exchange.operation_name, request, entry.paginator),
        )

    def _run(self, exchange: Exchange, directory: Directory | None) -> HttpResponse | Commit:
        assert exchange.entry is not None
        assert exchange.call is not None
        operation = exchange.entry.operation
        if not operation.is_immediate and operation.waits(exchange.call.request):
            if not self.audit_log.is_writable:
                raise unavailable(exchange.target.service.dialect)
            exchange.is_brief = operation.is_brief(exchange.call)
            return lambda: self.commit_all((exchange,))[0]
        assert directory is not None
        return self._read(exchange, directory)

    def _read(self, exchange: Exchange, directory: Directory) -> HttpResponse:
        entry, call = exchange.entry, exchange.call
        assert entry is not None
        assert call is not None
        output = self.dispatcher.read(entry.operation, call, directory)
        snapshot, asked = directory.transaction, exchange.asked
        if (
            asked is not None
            and isinstance(snapshot, CachedTransaction)
            and snapshot.opened_at not in (None, exchange.position)
        ):
            # INVARIANT: what was read is not newer than the decision to show it: a permission that was taken away
            # before the snapshot began shows nothing that was written after.
            self.authorizer.recheck(asked, Directory(snapshot.snapshot), exchange.position)
        return self._answer(exchange, output)

    def _prepare(self, exchange: Exchange) -> Writing | HttpResponse:
        entry, call, asked = exchange.entry, exchange.call, exchange.asked
        assert entry is not None
        assert call is not None
        assert asked is not None
        try:
            return self.dispatcher.prepare(
                entry.operation, call, exchange.position, partial(self.authorizer.recheck, asked)
            )
        except Exception as error:  # noqa: BLE001 - every error becomes an answer
            return self._fail(exchange, error)

    def _written(self, exchange: Exchange, output: Output) -> HttpResponse:
        try:
            return self._answer(exchange, output())
        except Exception as error:  # noqa: BLE001 - every error becomes an answer
            return self._fail(exchange, error)

    def _answer(self, exchange: Exchange, output: Any) -> HttpResponse:
        assert exchange.entry is not None
        response = render(exchange.entry.codec, output, ids_for(exchange.target.service, exchange.request_id))
        if exchange.upload is not None:
            response = exchange.upload.answer(exchange.head, response, output)
        self.audit_log.append((exchange, None))
        if self.decisions is not None:
            self.decisions.note(exchange, None)
        return readable(response, exchange, self.records) if b"origin" in exchange.head.fields else response

    def _fail(self, exchange: Exchange, raised: Exception) -> HttpResponse:
        service = exchange.target.service
        error = as_api_error(raised, service.dialect, exchange.request_id)
        self.audit_log.append((exchange, error))
        if self.decisions is not None:
            self.decisions.note(exchange, error)
        response = render_error(service, exchange.head, error, ids_for(service, exchange.request_id))
        return readable(response, exchange, self.records) if b"origin" in exchange.head.fields else response
