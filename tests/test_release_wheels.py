"""What is wrong with a wheel, found in wheels made here by hand."""

import base64
import hashlib
import zipfile

import pytest

VERSION = "1.2.3"
INFO = f"llm_providers-{VERSION}.dist-info"
NEEDED = ("py.typed", "data/models.json")
FILES = {
    "llm_providers/__init__.py": f'"""Text."""\n__version__ = "{VERSION}"\n',
    "llm_providers/py.typed": "",
    "llm_providers/data/models.json": "{}\n",
    f"{INFO}/METADATA": f"Metadata-Version: 2.4\nVersion: {VERSION}\n",
    f"{INFO}/WHEEL": "Wheel-Version: 1.0\n",
    f"{INFO}/licenses/LICENSE": "MIT\n",
}


def record(files):
    """RECORD for these files, its own row at the end."""
    rows = []
    for name, text in files.items():
        digest = hashlib.sha256(text.encode()).digest()
        told = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        rows.append(f"{name},sha256={told},{len(text.encode())}")
    return "\n".join([*rows, f"{INFO}/RECORD,,", ""])


def only(found):
    """The one flaw that was found."""
    assert len(found) == 1
    return found[0]


@pytest.fixture
def flaws(release, tmp_path):
    """Make a wheel, other than the right one by `more`; give its flaws.

    A file with None is left out. `told` is what RECORD is made of, where
    that is not what the wheel holds, `version` the one that is expected.
    """

    def look(more=(), told=None, needed=NEEDED, version=VERSION):
        files = FILES | dict(more)
        files = {
            name: text for name, text in files.items() if text is not None
        }
        path = tmp_path / f"llm_providers-{VERSION}-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as archive:
            for name, text in files.items():
                archive.writestr(name, text)
            listed = files if told is None else told
            archive.writestr(f"{INFO}/RECORD", record(listed))
        return release.wheels.flaws(path, version, needed)

    return look


@pytest.mark.exercise("5.7")
def test_a_right_wheel_has_no_flaws(flaws):
    assert list(flaws()) == []


@pytest.mark.exercise("5.7")
def test_another_version_in_the_metadata_is_told(flaws):
    one = only(flaws({f"{INFO}/METADATA": "Version: 1.2.2\n"}))
    assert "1.2.2" in one


@pytest.mark.exercise("5.7")
def test_another_version_in_the_package_is_told(flaws):
    one = only(flaws({"llm_providers/__init__.py": '__version__ = "9.9"\n'}))
    assert "9.9" in one


@pytest.mark.exercise("5.7")
def test_a_version_that_is_told_nowhere_is_no_right_one(flaws):
    one = only(flaws({"llm_providers/__init__.py": "x = 1\n"}))
    assert one


def test_it_is_told_where_a_version_stands(flaws):
    one = only(flaws({f"{INFO}/METADATA": "Version: 1.2.2\n"}))
    assert "METADATA" in one


@pytest.mark.exercise("5.7")
def test_a_missing_file_is_named(flaws):
    one = only(flaws({"llm_providers/data/models.json": None}))
    assert "data/models.json" in one


@pytest.mark.exercise("5.7")
def test_a_file_in_another_folder_does_not_take_its_place(flaws):
    found = flaws(
        {
            "llm_providers/data/models.json": None,
            "llm_providers/other/data/models.json": "{}\n",
        }
    )
    assert ["data/models.json" in one for one in found] == [True]


@pytest.mark.exercise("5.7")
def test_a_missing_licence_is_told(flaws):
    one = only(flaws({f"{INFO}/licenses/LICENSE": None}))
    assert "licen" in one.lower()


@pytest.mark.exercise("5.7")
def test_a_licence_in_the_package_is_not_the_wheel_s(flaws):
    files = {f"{INFO}/licenses/LICENSE": None, "llm_providers/LICENSE": "MIT"}
    assert "licen" in only(flaws(files)).lower()


@pytest.mark.exercise("5.7")
@pytest.mark.parametrize(
    "name",
    [
        "tests/test_retry.py",
        "llm_providers/.env",
        "course/kit.py",
        "llm_providers/__pycache__/retry.cpython-311.pyc",
    ],
)
def test_what_does_not_belong_into_a_wheel_is_told(flaws, name):
    one = only(flaws({name: "KEY=1\n"}))
    assert name in one


@pytest.mark.exercise("5.7")
def test_a_file_that_was_changed_afterwards_is_told(flaws):
    one = only(flaws({"llm_providers/py.typed": "changed"}, told=FILES))
    assert "llm_providers/py.typed" in one


@pytest.mark.exercise("5.7")
def test_a_file_that_record_does_not_list_is_told(flaws):
    one = only(flaws({"llm_providers/more.py": "x = 1\n"}, told=FILES))
    assert "llm_providers/more.py" in one


@pytest.mark.exercise("5.7")
def test_a_file_that_only_record_has_is_told(flaws):
    listed = FILES | {"llm_providers/gone.py": ""}
    one = only(flaws(told=listed))
    assert "llm_providers/gone.py" in one


@pytest.mark.exercise("5.7")
def test_a_folder_is_no_file_of_the_wheel(flaws):
    assert list(flaws({"llm_providers/data/": ""}, told=FILES)) == []


@pytest.mark.exercise("5.7")
def test_all_flaws_are_told_and_not_the_first_alone(flaws):
    found = flaws(
        {
            f"{INFO}/METADATA": "Version: 2\n",
            f"{INFO}/licenses/LICENSE": None,
            "llm_providers/py.typed": None,
            "tests/x.py": "",
            "tests/y.py": "",
        }
    )
    assert len(found) == 5


@pytest.mark.exercise("5.7")
def test_what_is_no_archive_is_told_and_nothing_is_raised(release, tmp_path):
    path = tmp_path / "llm_providers-1.2.3-py3-none-any.whl"
    path.write_text("<html>Not found</html>")
    one = only(release.wheels.flaws(path, VERSION))
    assert one


@pytest.mark.exercise("5.7")
def test_a_wheel_that_is_not_there_is_told_and_nothing_is_raised(
    release, tmp_path
):
    assert only(release.wheels.flaws(tmp_path / "none.whl", VERSION))


@pytest.mark.exercise("5.7")
def test_each_wrong_version_is_told(flaws):
    files = {
        f"{INFO}/METADATA": "Version: 1.2.2\n",
        "llm_providers/__init__.py": '__version__ = "9.9"\n',
    }
    found = list(flaws(files))
    assert len(found) == 2
    assert "1.2.2" in str(found)
    assert "9.9" in str(found)


@pytest.mark.exercise("5.7")
@pytest.mark.parametrize("version", ["1.2", "1.2.30", "2.3", "11.2.3"])
def test_a_version_that_is_only_a_part_of_another_is_another(flaws, version):
    found = list(flaws(version=version))
    assert len(found) == 2
    assert all(VERSION in one for one in found)


@pytest.mark.exercise("5.7")
@pytest.mark.parametrize("name", ["py.typed.bak", "Py.typed"])
def test_a_file_that_is_named_alike_does_not_take_its_place(flaws, name):
    files = {"llm_providers/py.typed": None, f"llm_providers/{name}": ""}
    assert "py.typed" in only(flaws(files))


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_told_and_nothing_is_raised(release, tmp_path, name):
    files = FILES | {name: "a" * 50 + FILES[name]}
    path = tmp_path / f"llm_providers-{VERSION}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for each, text in files.items():
            archive.writestr(each, text)
        archive.writestr(f"{INFO}/RECORD", record(files))
    path.write_bytes(path.read_bytes().replace(b"a" * 50, b"b" * 50))
    found = release.wheels.flaws(path, VERSION, NEEDED)
    assert f"{name} is damaged" in list(found)


def test_what_is_not_there_is_told_by_its_name(release, tmp_path):
    one = only(release.wheels.flaws(tmp_path / "none.whl", VERSION))
    assert "none.whl" in one


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("# Changelog\n\n## 0.2.0\n\n- New.\n\n## 0.1.0\n", "0.2.0"),
        ("# Changelog\n\n## [v1.0.0rc1] - 2026-01-01\n", "1.0.0rc1"),
        ("# Changelog\n\n## Unreleased\n\n- New.\n\n## 0.1\n", "0.1"),
        ("# Changelog\n", ""),
    ],
)
def test_the_newest_version_of_a_changelog(release, tmp_path, text, version):
    path = tmp_path / "CHANGELOG.md"
    path.write_text(text)
    assert release.wheels.released(path) == version


def test_a_project_s_wheel_and_source_archive_are_built(release, tmp_path):
    (tmp_path / "llm_providers").mkdir()
    text = '__version__ = "1.2.3"\n'
    (tmp_path / "llm_providers/__init__.py").write_text(text)
    (tmp_path / "llm_providers/py.typed").touch()
    (tmp_path / "LICENSE").write_text("MIT\n")
    (tmp_path / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["hatchling"]\n'
        'build-backend = "hatchling.build"\n'
        '[project]\nname = "llm-providers"\nversion = "1.2.3"\n'
    )
    source, wheel = release.wheels.build(tmp_path, tmp_path / "dist")
    assert source.name.endswith(".tar.gz")
    assert list(release.wheels.flaws(wheel, VERSION)) == []


def test_a_project_that_cannot_be_built_is_told(release, tmp_path):
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    with pytest.raises(release.wheels.WheelError):
        release.wheels.build(tmp_path, tmp_path / "dist")
