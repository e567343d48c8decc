-- Run by the image once, on an empty volume: the databases of the shop, of Django and of Airflow.
CREATE DATABASE vitrine_shop;
CREATE DATABASE vitrine_django;
CREATE DATABASE vitrine_airflow;
