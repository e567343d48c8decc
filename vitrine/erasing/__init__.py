"""Taking one person out of everything, giving them what there is of them, and a receipt of what was done.

    stores      every place where something of a person is kept: what becomes of it, and by which name it is exported
    people      which ids one person has
    receipts    what was erased, where, how many, when; signed
    online      what is gone when the API has answered
    later       what is gone within the hour, by the DAG `erasures` or from a shell

The topic of erasures (vitrine.streaming.erasures) says who was erased. Everything here follows from it.
"""
