"""The clear copy of a district, schema `clear`: what a team would have that does only the query.

One row a fact, no versions, no links, no seals; a foreign key for each relation, so that whoever
plans by the schema finds them; an index for each question of the bench, in the order it asks for.
"""

from collections.abc import Iterator

from schema.catalogue import Catalogue, Dataset, Kind, Subject

SQL_TYPES = {
    Kind.INTEGER: "integer",
    Kind.CENTS: "bigint",
    Kind.DATE: "date",
    Kind.FLAG: "boolean",
    Kind.MOMENT: "timestamptz",
    Kind.STRUCTURE: "jsonb",
}
OWN_TABLES = """
    create schema clear;
    create table clear.person (person_id uuid primary key, national_id text not null unique);
    create table clear.household (household_id uuid primary key, region text not null);
    create table clear.membership (
        household_id uuid not null references clear.household,
        person_id uuid not null unique references clear.person,
        relation text, primary key (household_id, person_id));
"""
OPEN_ALERTS = """
    create view clear.open_alert as
        select record_id, household_id, total, household_region as region from clear.alert
        where status <> 'closed';
    comment on view clear.open_alert is E'@primaryKey record_id\\n'
        '@foreignKey (household_id) references clear.household (household_id)';
    create index on clear.alert (household_region, total desc, record_id) where status <> 'closed';
"""
PEOPLE = """
    create function clear.people(national_ids text[]) returns setof clear.person
        language sql stable as 'select * from clear.person where national_id = any(national_ids)';
"""


def subject_column(dataset: Dataset) -> str:
    """Return the column by which a clear table names whom its row is about."""
    return "person_id" if dataset.subject is Subject.PERSON else "household_id"


def columns_of(dataset: Dataset) -> Iterator[str]:
    """Give the columns of a clear table, in the order of `loading.Rows`."""
    subject = subject_column(dataset)
    once = "" if dataset.many else " unique"
    yield "record_id uuid primary key"
    yield f"{subject} uuid not null{once} references clear.{subject.removesuffix('_id')}"
    yield "valid_from date"
    for declared in dataset.fields:
        yield f"{declared.name} {SQL_TYPES.get(declared.kind, 'text')}"
    if dataset.name == "alert":
        yield "household_region text not null"


def clear_tables(catalogue: Catalogue) -> Iterator[str]:
    """Give the statements that make the clear copy; foreign keys are checked as rows come in."""
    yield OWN_TABLES
    for dataset in catalogue:
        yield f"create table clear.{dataset.name} ({', '.join(columns_of(dataset))})"


def clear_indexes(catalogue: Catalogue) -> Iterator[str]:
    """Give the statements that make its indexes, once it is filled, and what the peers ask by."""
    for dataset in catalogue:
        if dataset.many:
            order = f"{subject_column(dataset)}, valid_from, record_id"
            yield f"create index on clear.{dataset.name} ({order})"
    yield OPEN_ALERTS
    yield PEOPLE
