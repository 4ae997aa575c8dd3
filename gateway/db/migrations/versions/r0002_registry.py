"""The registry, its changes, and what the edges heard."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "registry_change",
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at_ns", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("act", sa.String(length=16), nullable=False),
        sa.Column("device", sa.String(length=32), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_registry_change")),
    )
    op.create_table(
        "registry_section",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_registry_section")),
    )
    op.create_table(
        "registry_unit",
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("building", sa.String(length=32), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_registry_unit")),
    )
    op.create_table(
        "registry_device",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("vendor", sa.String(length=170), nullable=True),
        sa.Column("retired_ns", sa.BigInteger(), nullable=True),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registry_device")),
        sa.UniqueConstraint("vendor", name=op.f("uq_registry_device_vendor")),
    )
    op.create_table(
        "registry_binding",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("device", sa.String(length=32), nullable=False),
        sa.Column("unit", sa.String(length=32), nullable=False),
        sa.Column("from_ns", sa.BigInteger(), nullable=True),
        sa.Column("to_ns", sa.BigInteger(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["device"], ["registry_device.id"], name=op.f("fk_registry_binding_device")
        ),
        sa.ForeignKeyConstraint(
            ["unit"], ["registry_unit.code"], name=op.f("fk_registry_binding_unit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registry_binding")),
    )
    op.create_index(op.f("ix_registry_binding_device"), "registry_binding", ["device"])
    op.create_index(op.f("ix_registry_binding_unit"), "registry_binding", ["unit"])
    op.create_table(
        "registry_tombstone",
        sa.Column("topic", sa.String(length=255), nullable=False),
        sa.Column("created_ns", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("topic", name=op.f("pk_registry_tombstone")),
    )
    op.create_table(
        "edge_registry",
        sa.Column("edge", sa.String(length=32), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("at_ns", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("edge", name=op.f("pk_edge_registry")),
    )
    op.create_table(
        "device_seen",
        sa.Column("device", sa.String(length=32), nullable=False),
        sa.Column("edge", sa.String(length=32), nullable=False),
        sa.Column("heard_ns", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("device", name=op.f("pk_device_seen")),
    )
    op.create_table(
        "stranger",
        sa.Column("edge", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=170), nullable=False),
        sa.Column("first_ns", sa.BigInteger(), nullable=False),
        sa.Column("heard_ns", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("edge", "name", name=op.f("pk_stranger")),
    )


def downgrade() -> None:
    for table in (
        "stranger",
        "device_seen",
        "edge_registry",
        "registry_tombstone",
        "registry_binding",
        "registry_device",
        "registry_unit",
        "registry_section",
        "registry_change",
    ):
        op.drop_table(table)
