"""Lists of people, pasted or from a spreadsheet, and what is wrong with their lines."""

import time

import pytest

from webmail.message.people_list import read_people


def found(text):
    return [(each.address.name, each.address.addr_spec) for each in read_people(text).people]


@pytest.mark.parametrize(
    ("text", "people"),
    [
        (
            "Anna Weber <anna@x.example>\nbo@y.example\n",
            [("Anna Weber", "anna@x.example"), ("", "bo@y.example")],
        ),
        ("a@x.example, b@x.example;\n\nc@x.example", [("", f"{each}@x.example") for each in "abc"]),
        ("Name;E-Mail\nAnna;a@x.example\n", [("Anna", "a@x.example")]),
        (
            '\ufeffname,town,mail\r\n"Weber, Anna",Ulm,a@x.example\r\n',
            [("Weber, Anna", "a@x.example")],
        ),
        ("who\tcontact\nAnna\ta@x.example", [("", "a@x.example")]),
        ("", []),
    ],
)
def test_each_line_is_a_person(text, people):
    assert found(text) == people


def test_columns_become_values_by_their_names_in_lower_case():
    read = read_people("Name,E-Mail,Town\nAnna,a@x.example,Ulm\nBo,b@x.example,\n")
    assert read.columns == ("name", "e-mail", "town")
    assert [each.values["town"] for each in read.people] == ["Ulm", ""]
    assert [each.line for each in read.people] == [2, 3]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a@x.example\nnobody\n", "Line 2: “nobody”"),
        ("a@x.example\nb@\n", "Line 2: "),
        ("a@x.example\nA@X.example\n", "Line 2: A@X.example stands above already"),
        ("name,mail\nAnna,\nBo,b@x.example", "Line 2: “Anna” has no mail address."),
        ("name,mail\nAnna,a@x.example\nBo,b at x", "Line 3: “b at x”"),
    ],
)
def test_a_line_that_gets_no_mail_is_told(text, problem):
    read = read_people(text)
    assert len(read.people) == 1
    assert read.problems[0].startswith(problem)


@pytest.mark.parametrize(
    "text", ['mail\n"a@x.example', "a,b,c\n,,\n\0", "x" * 200_000, '"\n' * 500]
)
def test_odd_tables_break_nothing(text):
    read_people(text)


def test_a_table_as_wide_as_long_is_read_once_and_not_for_each_column():
    before = time.process_time()
    read_people(";" * 20_000 + "a\n" + "b;\n" * 13_000)
    assert time.process_time() - before < 3


def test_a_line_break_in_a_cell_cannot_bring_a_header_along():
    read = read_people('name,mail\n"Anna\nBcc: eve@x.example",a@x.example\n')
    assert read.people[0].address.name == "Anna Bcc: eve@x.example"
