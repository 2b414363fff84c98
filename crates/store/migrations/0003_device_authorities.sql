-- Which devices have connected with a certificate of which authority. Written while an authority is
-- replaced, so that the old one is given up only when nobody needs it any more.
CREATE TABLE device_authorities (
    tenant_id {uuid} NOT NULL,
    device_id {uuid} NOT NULL,
    authority {bytes} NOT NULL,
    first_shown_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, device_id, authority),
    FOREIGN KEY (tenant_id, device_id) REFERENCES devices (tenant_id, id)
);
