"""Plain asserts in the contract explain themselves too."""

import pytest

pytest.register_assert_rewrite("tests.store.contract", "tests.store.contract_changes")
