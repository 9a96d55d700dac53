"""The stub, the documentation and the module say the same."""

import ast
import inspect
import os
import pathlib
import pydoc
import subprocess
import sys

import pytest

import crm
from conftest import SOURCE
from crm import _crm, _types

PACKAGE = pathlib.Path(crm.__file__).parent
STUB = ast.parse((PACKAGE / "_crm.pyi").read_text())
CLASSES = {node.name: node for node in STUB.body
           if isinstance(node, ast.ClassDef) and not node.name.startswith("_")}
SPECIAL = {"__init__", "__iter__", "__next__", "__enter__", "__exit__",
           "__arrow_c_stream__", "__getitem__", "__contains__", "__len__",
           "__repr__", "__eq__", "__hash__"}


def decorators(node):
    return {d.id for d in node.decorator_list if isinstance(d, ast.Name)}


def members(name):
    """(functions, properties) of a class of the stub."""
    nodes = [n for n in CLASSES[name].body if isinstance(n, ast.FunctionDef)]
    return ({n.name: n for n in nodes if "property" not in decorators(n)},
            {n.name for n in nodes if "property" in decorators(n)})


def parameters_of_stub(node):
    arguments = node.args
    plain = arguments.posonlyargs + arguments.args
    defaults = [None] * (len(plain) - len(arguments.defaults)) + [
        ast.literal_eval(d) if d is not None else None
        for d in arguments.defaults]
    required = len(plain) - len(arguments.defaults)
    result = [(a.arg, "plain", i >= required, d)
              for i, (a, d) in enumerate(zip(plain, defaults))]
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults):
        result.append((argument.arg, "keyword", default is not None,
                       ast.literal_eval(default) if default else None))
    return result


def parameters_of_module(function):
    kinds = {inspect.Parameter.POSITIONAL_OR_KEYWORD: "plain",
             inspect.Parameter.KEYWORD_ONLY: "keyword"}
    return [(p.name, kinds[p.kind], p.default is not p.empty,
             None if p.default is p.empty else p.default)
            for p in inspect.signature(function).parameters.values()]


def test_names():
    ours = {name for name in vars(_crm) if not name.startswith("_")}
    in_stub = set(CLASSES) | {
        node.name for node in STUB.body if isinstance(node, ast.FunctionDef)
    } | {node.target.id for node in STUB.body
         if isinstance(node, ast.AnnAssign)
         and not node.target.id.startswith("__")}
    assert ours == in_stub


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_class(name):
    functions, properties = members(name)
    runtime = getattr(_crm, name)
    assert runtime.__module__ == "crm"
    assert runtime.__doc__
    own = {key: value for key, value in vars(runtime).items()
           if key in SPECIAL or not key.startswith("_")}
    if "__init__" not in functions:
        own.pop("__init__", None)
    assert {key for key, value in own.items()
            if isinstance(value, property)} == properties
    assert {key for key, value in own.items()
            if not isinstance(value, property)} == set(functions)
    for key, node in functions.items():
        function = getattr(runtime, key)
        assert parameters_of_module(function) == parameters_of_stub(node), key
        assert isinstance(vars(runtime)[key], staticmethod) == (
            "staticmethod" in decorators(node))
        if key not in SPECIAL:
            assert inspect.getdoc(function), f"{name}.{key}"
    for key in properties:
        assert inspect.getdoc(vars(runtime)[key]), f"{name}.{key}"
        assert vars(runtime)[key].fset is None
    with pytest.raises(TypeError):
        type("Derived", (runtime,), {})


def test_options_are_keywords_only():
    for name in ("Store", "Tenant", "Snapshot", "StoreSnapshot"):
        for key, node in members(name)[0].items():
            for parameter, kind, has_default, _ in parameters_of_stub(node):
                if has_default and parameter not in ("timeout", "name"):
                    assert kind == "keyword", f"{name}.{key}({parameter})"


def test_functions_of_the_module():
    nodes = [n for n in STUB.body if isinstance(n, ast.FunctionDef)]
    assert {n.name for n in nodes} == {"canonical_event_type",
                                       "default_match_fields",
                                       "check_person_export",
                                       "criteria_schema", "describe_criteria",
                                       "event_from_json", "explain_pair",
                                       "link_file", "link_records",
                                       "restore_store", "train_file",
                                       "train_model",
                                       "verify_backup", "verify_certificate",
                                       "verify_checkpoint",
                                       "verify_ledger_proof"}
    for node in nodes:
        assert parameters_of_module(getattr(crm, node.name)) == (
            parameters_of_stub(node))


def test_the_package_shows_everything():
    public = {name for module in (_crm, _types) for name in vars(module)
              if not name.startswith("_")}
    left_out = {"enum", "Any", "Protocol", "Tuple", "Type", "error_class",
                "make_error"}
    assert set(crm.__all__) == public - left_out | {"__version__"}
    assert len(crm.__all__) == len(set(crm.__all__))


def test_everything_of_the_headers_is_bound():
    """Every method of the C++ classes has its place in Python."""
    import re
    text = (SOURCE / "include/crm/store.h").read_text()
    renamed = {"GetSnapshot": "snapshot", "GetCustomer": "customer",
               "GetProfile": "profile", "GetTimeline": "timeline",
               "GetStats": "stats", "GetOffset": "offset",
               "GetSchema": "schema", "ListSchemas": "schemas",
               "ListUpcasters": "upcasters", "GetValidation": "validation",
               "CheckPayload": "check", "ListReviews": "reviews",
               "ListErasures": "erasures", "GetSigningKey": "signing_key",
               "ListAssertions": "assertions",
               "GetCustomerState": "customer_state",
               "ListHolds": "holds",
               "ListHouseholds": "households",
               "GetPrivacySettings": "privacy_settings",
               "GetIdentityChanges": "identity_changes",
               "GetIdentitySettings": "identity_settings",
               "GetLedgerHead": "ledger_head", "GetLedgerKey": "ledger_key",
               "GetLedgerCheckpoint": "ledger_checkpoint",
               "ListLedger": "ledger",
               "GetConsentHistory": "consent_history",
               "GetConsentReceipt": "consent_receipt",
               "GetConsentSettings": "consent_settings",
               "GetPreferences": "preferences",
               "AppendJson": "append", "Tenant": "tenant"}

    def python_name(name):
        return renamed.get(name) or re.sub(
            r"(?<!^)(?=[A-Z])", "_", name).lower()

    for cpp, python in (("Snapshot", crm.Snapshot), ("Tenant", crm.Tenant),
                        ("StoreSnapshot", crm.StoreSnapshot),
                        ("Store", crm.Store)):
        body = re.search(rf"class {cpp} final {{(.*?)\n}};", text, re.S)[1]
        body = body.split("private:")[0]
        body = re.sub(r"//.*", "", body)
        names = set(re.findall(r"[\s&](\w+)\([^;]*?;", body)) - {
            cpp, "Impl", "OpenOn", "explicit"} | (
                {"Tenant"} if cpp == "Store" else set())
        names = {n for n in names if n[0].isupper() or n in (
            "name", "position", "tenants", "key_file")}
        assert len(names) > (3 if cpp == "StoreSnapshot" else 5)
        for name in names:
            assert hasattr(python, python_name(name)), f"{cpp}::{name}"


def test_fields_of_the_headers_are_bound():
    import re
    renamed = {"name_space": "namespace", "payload": "payload_json",
               "metadata": "metadata_json", "value": "value_json"}
    for header, names in {
            "event": ["EventOutcome", "AppendResult", "Event", "Condition"],
            "identity": ["Customer", "CustomerRecord"],
            "profile": ["Profile", "Trait", "TimelineEntry", "TimelinePage"],
            "ingest": ["ImportReport", "ImportProgress", "RejectedRow"],
            "subscription": ["Message", "Lag", "SubscriptionInfo"],
            "criteria": ["CriteriaAnswer", "CriteriaPreview"],
            "stats": ["StoreStats", "TenantStats"],
            "store": ["Finding", "VerifyReport", "StoreEvent",
                      "DefinitionView"],
            "tenants": ["TenantEntry", "TenantDrop"]}.items():
        text = (SOURCE / f"include/crm/{header}.h").read_text()
        for name in names:
            body = re.search(rf"struct {name} {{(.*?)\n}};", text, re.S)[1]
            body = re.sub(r"//.*", "", body)
            # Nested types and functions have no places of their own.
            body = re.sub(r"enum class.*?};", "", body, flags=re.S)
            fields = re.findall(r"(\w+) = [^;,]*[;,]", body)
            assert fields
            for field in fields:
                if name == "EventOutcome" and field == "status":
                    field = "code"
                where = getattr(crm, name.removesuffix("View"))
                assert hasattr(where, field) or hasattr(
                    where, renamed.get(field, "")), f"{name}.{field}"


def test_options_of_the_headers_are_bound():
    import re
    renamed = {"from": "since", "source": "source"}
    for header, name, functions in (
            ("options", "StoreOptions", [crm.Store.open]),
            ("event", "AppendOptions", [crm.Tenant.append]),
            ("event", "ReplayQuery", [crm.Tenant.replay, crm.Snapshot.replay]),
            ("profile", "TimelineQuery", [crm.Tenant.timeline]),
            ("subscription", "SubscriptionOptions", [crm.Tenant.subscribe]),
            ("ingest", "ImportOptions", [crm.Tenant.import_file])):
        text = (SOURCE / f"include/crm/{header}.h").read_text()
        body = re.search(rf"struct {name} {{(.*?)\n}};", text, re.S)[1]
        body = re.sub(r"enum class.*?};", "", re.sub(r"//.*", "", body),
                      flags=re.S)
        for field in re.findall(r"(\w+) = [^;]*;", body):
            for function in functions:
                assert renamed.get(field, field) in inspect.signature(
                    function).parameters, f"{name}.{field}"


def test_help_is_a_manual_page():
    page = pydoc.render_doc(crm.Store, renderer=pydoc.plaintext)
    for wanted in ("with crm.Store.open(", "create_if_missing",
                   "close(self)", "Raises", "key_file"):
        assert wanted in page
    page = pydoc.render_doc(crm.Tenant, renderer=pydoc.plaintext)
    assert "append_many(self, source, *, batch_size=500" in page
    assert "import crm" in pydoc.render_doc(crm, renderer=pydoc.plaintext)


def test_version_and_limits():
    header = (SOURCE / "include/crm/version.h").read_text()
    for name, value in zip(("MAJOR", "MINOR", "PATCH"),
                           crm.__version__.split(".")):
        assert f"CRM_VERSION_{name} {value}\n" in header
    assert crm.MAX_REQUEST_EVENTS == 10_000
    assert crm.MAX_EVENT_BYTES == 1 << 20
    assert 0 < crm.OLDEST_FORMAT_VERSION <= crm.FORMAT_VERSION


def test_enumerations():
    assert crm.Durability.OS == "os" and str(crm.Durability.OS) == "os"
    assert crm.Outcome("appended") is crm.Outcome.APPENDED
    assert crm.StatusCode(-201) is crm.StatusCode.NOT_FOUND
    assert crm.StatusCode.BUSY.remedy is crm.Remedy.RETRY


PROGRAM = """
import datetime
from typing import Any
import crm

class Vault:
    def wrap(self, tenant: str, key: bytes) -> bytes:
        return key
    def unwrap(self, tenant: str, wrapped: bytes) -> bytes:
        return wrapped

def clock() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)

def main(path: str) -> int:
    with crm.Store.open(path, create_if_missing=True, key_provider=Vault(),
                        clock=clock, durability="os",
                        log=lambda level, text: print(level, text)) as store:
        tenant: crm.Tenant = store.tenant("t")
        event: dict[str, Any] = {"id": "1", "type": "t", "source": "s"}
        result = tenant.append(event, conditions=[
            crm.Condition.no_customer(("email", "a@example.com"))])
        tenant.append([event, b"{}", "{}", crm.Event(
            id="a", type="b", source="c", identifiers={"email": "x"})])
        with open(path, "rb") as file:
            summary = tenant.append_many(file, progress=lambda d, t: None)
        position: int = result.position + summary.position
        with tenant.replay(since=clock(), types=["t"]) as cursor:
            for one in cursor:
                text: str = one.payload_json
                when: datetime.datetime = one.occurred_at
        try:
            profile = tenant.snapshot().profile(1)
            names: list[str] = [trait.name for trait in profile]
        except crm.NotFoundError as error:
            code: crm.StatusCode = error.code
            retry: bool = error.retryable
        page = tenant.timeline(1, limit=5)
        return len(page.entries) + store.stats().events
"""
# mypy finds what is installed by itself, and does not want to be told.
MYPY = dict(os.environ)
if PACKAGE.parent.name not in ("site-packages", "dist-packages"):
    MYPY["MYPYPATH"] = str(PACKAGE.parent)
WRONG = {
    "durability=5": "arg-type",
    "no_such_option=1": "call-arg",
    "clock=lambda: 5": "misc",
}


def mypy(folder, text, name):
    pytest.importorskip("mypy")
    path = folder / f"{name}.py"
    path.write_text(text)
    return subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir",
         str(folder / "cache"), str(path)], capture_output=True, text=True,
        check=False, cwd=folder, env=MYPY)


def test_mypy_accepts_a_program(folder):
    done = mypy(folder, PROGRAM, "good")
    assert done.returncode == 0, done.stdout


def test_mypy_finds_mistakes(folder):
    text = "import crm\n" + "".join(
        f"crm.Store.open('x', {option})\n" for option in WRONG)
    done = mypy(folder, text, "bad")
    assert done.stdout.count("error:") >= len(WRONG), done.stdout


def test_mypy_accepts_the_package(folder):
    pytest.importorskip("mypy")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir",
         str(folder / "cache"), "-p", "crm"], capture_output=True, text=True,
        check=False, cwd=folder,
        env=MYPY)
    assert done.returncode == 0, done.stdout


def test_stubtest(folder):
    pytest.importorskip("mypy.stubtest")
    done = subprocess.run(
        [sys.executable, "-m", "mypy.stubtest", "--concise", "crm._crm"],
        capture_output=True, text=True, check=False, cwd=folder,
        env=MYPY)
    # The metaclass of pybind11, and the constructor of what has none.
    found = [line for line in done.stdout.splitlines()
             if line and "metaclass differs" not in line
             and '*args argument "args"' not in line
             and "**kwargs argument" not in line
             and "_pybind11_conduit_v1_" not in line
             and not line.startswith("Found ")]
    assert not found, found
