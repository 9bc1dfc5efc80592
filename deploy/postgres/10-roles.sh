#!/bin/sh
# Runs once, when the database's volume is empty: the role that owns the schema and migrates, and the
# application's role, which owns nothing (its rights are granted by `manage.py migrate`).
set -eu

: "${LIVELIHOOD_OWNER_PASSWORD:?缺少环境变量 LIVELIHOOD_OWNER_PASSWORD}"
: "${LIVELIHOOD_APP_PASSWORD:?缺少环境变量 LIVELIHOOD_APP_PASSWORD}"

# psql itself quotes the passwords, and reads them from the environment: they stand in no list of processes.
psql --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<'SQL'
\getenv owner_password LIVELIHOOD_OWNER_PASSWORD
\getenv app_password LIVELIHOOD_APP_PASSWORD
CREATE ROLE livelihood_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'owner_password';
CREATE ROLE livelihood_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'app_password';
CREATE DATABASE livelihood OWNER livelihood_owner ENCODING 'UTF8' TEMPLATE template0;
REVOKE ALL ON DATABASE livelihood FROM PUBLIC;
GRANT CONNECT ON DATABASE livelihood TO livelihood_app;
SQL
