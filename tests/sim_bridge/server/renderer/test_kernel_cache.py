"""Where machine code is kept."""

import stat
from pathlib import Path

import numba
import pytest

from sim_bridge.server.renderer import jit


@pytest.fixture
def sources(tmp_path):
    folder = tmp_path / "package"
    folder.mkdir()
    (folder / "one.py").write_text("x = 1\n")
    jit.cache_folder.cache_clear()
    yield folder
    jit.cache_folder.cache_clear()


def only(folders):
    """Makes only files below one of `folders` writable, whoever runs the test."""
    return lambda folder: any(Path(folder).is_relative_to(one) for one in folders)


def test_machine_code_lies_beside_the_sources(sources, monkeypatch):
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")
    assert jit.cache_folder(sources).parent == sources / "__pycache__"


def test_a_change_of_any_source_file_needs_new_machine_code(sources):
    before = jit.cache_folder(sources)
    (sources / "two.py").write_text("y = 2\n")
    jit.cache_folder.cache_clear()
    assert jit.cache_folder(sources) != before


def test_a_read_only_installation_uses_the_users_cache(sources, tmp_path, monkeypatch):
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(jit, "_writable", only([tmp_path / "home"]))
    assert jit.cache_folder(sources).parent == tmp_path / "home" / ".cache" / "nanshan"


def test_without_a_home_the_temporary_files_have_to_do(sources, tmp_path, monkeypatch):
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")
    monkeypatch.setattr(jit.tempfile, "gettempdir", lambda: str(tmp_path / "tmp"))
    monkeypatch.setattr(jit, "_writable", only([]))
    assert jit.cache_folder(sources).parent.parent == tmp_path / "tmp"


def test_a_folder_can_be_written_if_the_folder_above_it_can(tmp_path):
    assert jit._writable(tmp_path / "not" / "yet" / "there")
    assert stat.S_IMODE(tmp_path.stat().st_mode) & stat.S_IWUSR


def test_progress_is_not_told_of_kernels_that_are_there_already(street):
    told = []
    street.warm_up(lambda *step: told.append(step))
    street.warm_up(lambda *step: told.append("again"))
    assert "again" not in told
