update images set params = '{"credits": 2}' where prompt = 'stuck, unreadable price';
