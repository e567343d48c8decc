-- Run by the image once, on an empty volume: the databases of our tables and of Airflow's.
CREATE DATABASE vitrine_shop;
CREATE DATABASE vitrine_airflow;
