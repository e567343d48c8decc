-- The shop's own database: what it sells and what was ordered.

-- The rule for ids is that of views (vitrine/events.py), so that whatever stands here can be stored and asked for.
-- "C": ids are compared by their bytes, whatever the database's language is.
-- A length and a forbidden character: the same as one pattern with {1,128}, at a twenty-fifth of its cost.
CREATE DOMAIN shop_id AS TEXT COLLATE "C"
    CHECK (length(VALUE) BETWEEN 1 AND 128 AND VALUE !~ '[^A-Za-z0-9._~:@+-]');
-- To the millisecond, as Cassandra keeps it.
CREATE DOMAIN shop_time AS TIMESTAMPTZ(3) CHECK (VALUE >= '1970-01-01Z' AND VALUE < '2200-01-01Z');

CREATE TABLE products (
    product_id shop_id PRIMARY KEY,
    category_id shop_id NOT NULL,
    name TEXT NOT NULL CHECK (name <> ''),
    price NUMERIC(12, 2) NOT NULL CHECK (price >= 0),
    created_at shop_time NOT NULL DEFAULT now()
);

CREATE TABLE orders (
    order_id shop_id PRIMARY KEY,
    user_id shop_id NOT NULL,
    ordered_at shop_time NOT NULL DEFAULT now()
);
-- The extraction reads user by user; best sellers and backfills read periods.
CREATE INDEX orders_by_user ON orders (user_id, ordered_at);
CREATE INDEX orders_by_time ON orders (ordered_at);

CREATE TABLE order_items (
    order_id shop_id NOT NULL REFERENCES orders ON DELETE CASCADE,
    product_id shop_id NOT NULL REFERENCES products,
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (order_id, product_id)
);
-- Which orders hold a product whose category has changed.
CREATE INDEX order_items_by_product ON order_items (product_id);

-- What has changed since: one row for each change, written by the triggers below within the transaction that changes.
-- A run of the extraction reads what is visible now and was not in the snapshot of the last run, so a transaction that
-- was open then, however long, is read when it has ended. A column updated_at would miss it, and what was deleted.
CREATE SCHEMA extraction;

CREATE TABLE extraction.order_changes (
    transaction_id XID8 NOT NULL DEFAULT pg_current_xact_id(),
    order_id TEXT COLLATE "C" NOT NULL,
    -- Where the lines of the order stood before; NULL: they stand where the order stands now.
    user_id TEXT COLLATE "C",
    ordered_at TIMESTAMPTZ(3)
);
CREATE INDEX order_changes_by_transaction ON extraction.order_changes (transaction_id);

CREATE TABLE extraction.product_changes (
    transaction_id XID8 NOT NULL DEFAULT pg_current_xact_id(),
    product_id TEXT COLLATE "C" NOT NULL,
    -- Its order lines name the category too.
    recategorised BOOLEAN NOT NULL
);
CREATE INDEX product_changes_by_transaction ON extraction.product_changes (transaction_id);

-- SECURITY DEFINER: who may order may not write here. Statement by statement, not row by row: a COPY stays fast.
CREATE FUNCTION extraction.note_orders() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        INSERT INTO extraction.order_changes (order_id, user_id, ordered_at)
            SELECT order_id, user_id, ordered_at FROM public.orders;
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO extraction.order_changes (order_id, user_id, ordered_at)
            SELECT order_id, user_id, ordered_at FROM old_rows;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO extraction.order_changes (order_id) SELECT order_id FROM new_rows;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION extraction.note_order_items() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        INSERT INTO extraction.order_changes (order_id)
            SELECT DISTINCT order_id FROM public.order_items;
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO extraction.order_changes (order_id) SELECT DISTINCT order_id FROM old_rows;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO extraction.order_changes (order_id) SELECT DISTINCT order_id FROM new_rows;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION extraction.note_products() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        INSERT INTO extraction.product_changes (product_id, recategorised) SELECT product_id, false FROM public.products;
    ELSIF TG_OP = 'INSERT' THEN
        INSERT INTO extraction.product_changes (product_id, recategorised) SELECT product_id, false FROM new_rows;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO extraction.product_changes (product_id, recategorised) SELECT product_id, false FROM old_rows;
    ELSE
        INSERT INTO extraction.product_changes (product_id, recategorised)
            SELECT product_id, old_rows.category_id IS DISTINCT FROM new_rows.category_id
            FROM old_rows FULL JOIN new_rows USING (product_id);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER note_insert AFTER INSERT ON orders REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION extraction.note_orders();
CREATE TRIGGER note_update AFTER UPDATE ON orders REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION extraction.note_orders();
CREATE TRIGGER note_delete AFTER DELETE ON orders REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION extraction.note_orders();
CREATE TRIGGER note_truncate BEFORE TRUNCATE ON orders
    FOR EACH STATEMENT EXECUTE FUNCTION extraction.note_orders();

CREATE TRIGGER note_insert AFTER INSERT ON order_items REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION extraction.note_order_items();
CREATE TRIGGER note_update AFTER UPDATE ON order_items REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION extraction.note_order_items();
CREATE TRIGGER note_delete AFTER DELETE ON order_items REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION extraction.note_order_items();
CREATE TRIGGER note_truncate BEFORE TRUNCATE ON order_items
    FOR EACH STATEMENT EXECUTE FUNCTION extraction.note_order_items();

CREATE TRIGGER note_insert AFTER INSERT ON products REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION extraction.note_products();
CREATE TRIGGER note_update AFTER UPDATE ON products REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION extraction.note_products();
CREATE TRIGGER note_delete AFTER DELETE ON products REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION extraction.note_products();
CREATE TRIGGER note_truncate BEFORE TRUNCATE ON products
    FOR EACH STATEMENT EXECUTE FUNCTION extraction.note_products();
