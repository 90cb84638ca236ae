"""Arrays of numpy's files: what a header promises is compared with what is there, and objects stay packed."""

import io
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest

from hwsim import archive
from hwsim.cli.main import main
from hwsim.errors import InputError
from hwsim.npy import array_of, arrays_of


def npy(array):
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


def lying(header):
    head = header.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + b"\0" * 24


@pytest.mark.parametrize(
    "array", [np.arange(6.0).reshape(2, 3), np.asfortranarray(np.eye(3)), np.zeros((0, 4)), np.array("x")]
)
def test_an_array_comes_back(array):
    found = array_of(npy(array), "a.npy")
    assert found.dtype == array.dtype and found.shape == array.shape and np.array_equal(found, array)


LIES = {
    "huge": "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }",
    "negative": "{'descr': '<f8', 'fortran_order': False, 'shape': (-3,), }",
    "objects": "{'descr': '|O', 'fortran_order': False, 'shape': (3,), }",
    "records": "{'descr': '|V8', 'fortran_order': False, 'shape': (3,), }",
    "brackets": "(" * 100,
    "shape": "{'descr': '<f8', 'fortran_order': False, 'shape': (3.5,), }",
}


@pytest.mark.parametrize("lie", LIES)
def test_a_header_that_lies_is_refused_before_memory_is_taken(tmp_path, lie):
    data = lying(LIES[lie])
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as file:
        file.writestr("manifest.npy", npy(np.array('{"format": "hwsim-program", "version": 3, "records": {}}')))
        file.writestr("network.bias.npy", data)
    tracemalloc.start()
    try:
        for read in (
            lambda: array_of(data, "a.npy"),
            lambda: arrays_of((tmp_path / "a.npz").read_bytes(), "a.npz"),
            lambda: archive.read(tmp_path / "a.npz", "program", {3: archive.Head}),
        ):
            with pytest.raises(InputError) as refused:
                read()
            assert len(str(refused.value)) <= 240 + len(str(tmp_path)) and "\n" not in str(refused.value)
        assert tracemalloc.get_traced_memory()[1] < 10**7
    finally:
        tracemalloc.stop()


def test_a_part_that_unpacks_to_more_than_a_limit_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr("hwsim.npy.MAX_UNPACKED", 10**6)
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("x.npy", b"\0" * 10**7)
    with pytest.raises(InputError, match="unpacks to more than 1000000 bytes"):
        arrays_of((tmp_path / "a.npz").read_bytes(), "a.npz")
    with zipfile.ZipFile(tmp_path / "b.npz", "w", zipfile.ZIP_STORED) as file:  # a large file may hold as much
        file.writestr("x.npy", npy(np.zeros(2 * 10**5)))
    assert arrays_of((tmp_path / "b.npz").read_bytes(), "b.npz")["x"].shape == (200000,)


def test_objects_are_never_unpickled(tmp_path, capsys):
    class Trap:
        def __reduce__(self):
            return (open, (str(tmp_path / "sprung"), "w"))

    np.save(tmp_path / "a.npy", np.array([Trap(), Trap()], dtype=object), allow_pickle=True)
    np.savez(tmp_path / "a.npz", x=np.array([Trap()], dtype=object))
    (tmp_path / "plan.toml").write_text("data = 'a.npz'\n[train]\nsteps = 3\n")
    for words in (["problem", "a.npy"], ["problem", "a.npz"], ["thermo", "inverse", "a.npy"]):
        assert main([words[0], *(str(tmp_path / word) if "." in word else word for word in words[1:])]) == 2
        assert "never unpickled" in capsys.readouterr().err
    assert not (tmp_path / "sprung").exists()
